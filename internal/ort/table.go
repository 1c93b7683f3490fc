// Code generated from onnxruntime_c_api.h; DO NOT EDIT.

package ort

// Source: struct OrtApi in include/onnxruntime/core/session/onnxruntime_c_api.h of ONNX Runtime (MIT licence). The struct
// only ever grows at its end (the runtime asserts the size of every released version), so these indexes hold for API
// version 24 and all later ones; apiVersion is the one asked of the library.
const apiVersion = 30

// Indexes of the functions in use, counted in pointers from the start of struct OrtApi.
const (
	fnGetErrorCode                                = 1
	fnGetErrorMessage                             = 2
	fnCreateEnvWithCustomLogger                   = 4
	fnDisableTelemetryEvents                      = 6
	fnCreateSession                               = 7
	fnCreateSessionFromArray                      = 8
	fnRun                                         = 9
	fnCreateSessionOptions                        = 10
	fnSetOptimizedModelFilePath                   = 11
	fnEnableProfiling                             = 14
	fnDisableMemPattern                           = 17
	fnDisableCpuMemArena                          = 19
	fnSetSessionGraphOptimizationLevel            = 23
	fnSetIntraOpNumThreads                        = 24
	fnSessionGetInputCount                        = 30
	fnSessionGetOutputCount                       = 31
	fnSessionGetInputTypeInfo                     = 33
	fnSessionGetOutputTypeInfo                    = 34
	fnSessionGetInputName                         = 36
	fnSessionGetOutputName                        = 37
	fnCreateRunOptions                            = 39
	fnRunOptionsSetTerminate                      = 46
	fnCreateTensorAsOrtValue                      = 48
	fnCreateTensorWithDataAsOrtValue              = 49
	fnIsTensor                                    = 50
	fnGetTensorMutableData                        = 51
	fnCastTypeInfoToTensorInfo                    = 55
	fnGetOnnxTypeFromTypeInfo                     = 56
	fnGetTensorElementType                        = 60
	fnGetDimensionsCount                          = 61
	fnGetDimensions                               = 62
	fnGetSymbolicDimensions                       = 63
	fnCreateCpuMemoryInfo                         = 69
	fnAllocatorFree                               = 76
	fnGetAllocatorWithDefaultOptions              = 78
	fnReleaseStatus                               = 93
	fnReleaseSession                              = 95
	fnReleaseValue                                = 96
	fnReleaseRunOptions                           = 97
	fnReleaseTypeInfo                             = 98
	fnReleaseSessionOptions                       = 100
	fnSessionEndProfiling                         = 110
	fnGetAvailableProviders                       = 125
	fnReleaseAvailableProviders                   = 126
	fnAddSessionConfigEntry                       = 130
	fnAddRunConfigEntry                           = 165
	fnSessionOptionsAppendExecutionProviderCUDAV2 = 204
	fnCreateCUDAProviderOptions                   = 205
	fnUpdateCUDAProviderOptions                   = 206
	fnReleaseCUDAProviderOptions                  = 208
	fnAddExternalInitializers                     = 210
	fnSessionOptionsAppendExecutionProvider       = 216
	fnGetBuildInfoString                          = 254
	fnGetTensorElementTypeAndShapeDataReference   = 414
)

// apiLen is how many function pointers of struct OrtApi are read.
const apiLen = 415
