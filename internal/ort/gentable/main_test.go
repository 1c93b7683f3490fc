package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every way in which the header declares a member.
const header = `
#define ORT_API_VERSION 30
/* struct OrtApi { in a comment; } */
struct OrtApi {
  // a comment; with a semicolon
  OrtStatus*(ORT_API_CALL* CreateStatus)(OrtErrorCode code, _In_ const char* msg)NO_EXCEPTION ORT_ALL_ARGS_NONNULL;
  ORT_API2_STATUS(Run, _Inout_ OrtSession* session,
                  size_t input_len);
#ifdef X
  ORT_CLASS_RELEASE(Env);
#endif
  void(ORT_API_CALL* ClearBoundInputs)(_Inout_ OrtIoBinding* binding_ptr) NO_EXCEPTION;
  ORT_API_T(void, RunOptionsSetSyncStream, _Inout_ OrtRunOptions* options);
};
struct OrtOther { int x; };
`

func TestMembers(t *testing.T) {
	got, err := members(header)
	if d := cmp.Diff([]string{"CreateStatus", "Run", "ReleaseEnv", "ClearBoundInputs", "RunOptionsSetSyncStream"}, got); d != "" || err != nil {
		t.Error(d, err)
	}
}

func TestGenerateErrors(t *testing.T) {
	for bad, want := range map[string]string{
		"":                            "no struct OrtApi",
		"struct OrtApi {\nint x;\n":   "does not end",
		"struct OrtApi {\nint x;\n};": "not understood: int x",
		"struct OrtApi {\n};":         "no ORT_API_VERSION",
		header:                        "has no GetErrorCode",
	} {
		if _, err := generate(bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
