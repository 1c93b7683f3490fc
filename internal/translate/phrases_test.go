package translate_test

import (
	"testing"

	"koe/internal/translate"
	"koe/internal/translate/translatetest"
)

func TestPhrases(t *testing.T) {
	tr := translate.New(&translatetest.Engine{}, translate.Options{})
	for text, want := range map[string]string{
		"A Go code block of 12 lines.":                 "Goのコードが12行あります。",
		"A code block of 1 line.":                      "コードが1行あります。",
		"A Protocol Buffers code block of 3 lines.":    "Protocol Buffersのコードが3行あります。",
		"An HTML code block of 2 lines.":               "HTMLのコードが2行あります。",
		"A shell code block of 2 lines.":               "シェルのコマンドが2行あります。",
		"A table of 3 rows.":                           "3行の表があります。",
		"A diff of 8 lines.":                           "8行の差分があります。",
		"An empty Rust code block.":                    "空のコードブロックがあります。",
		"The turn was interrupted.":                    "中断されました。",
		"The turn failed: API error 529.":              "APIのエラー529で失敗しました。",
		"The turn failed: no valid structured output.": "失敗しました。正しい形の出力が得られませんでした。",
	} {
		got, err := tr.Translate(t.Context(), translate.Request{Text: text, Source: "eng_Latn", Target: "jpn_Jpan"})
		if err != nil || got.Text != want || got.Fallback != translate.NoFallback {
			t.Errorf("%q: %+v, %v, want %q", text, got, err, want)
		}
	}
	// Nothing but the whole sentence, and no other language.
	for _, r := range []translate.Request{
		{Text: "A table of 3 rows. And more", Source: "eng_Latn", Target: "jpn_Jpan"},
		{Text: "The turn failed.", Source: "eng_Latn", Target: "fra_Latn"},
	} {
		got, err := tr.Translate(t.Context(), r)
		if err == nil && (got.Text == "3行の表があります。" || got.Text == "失敗しました。") {
			t.Errorf("%+v: %q", r, got.Text)
		}
	}
}
