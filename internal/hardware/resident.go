package hardware

// Resident is the memory that this process has in RAM, in bytes.
type Resident struct {
	// Total is all of it.
	Total uint64
	// Anonymous is what only this process can use: heap, stacks, ONNX Runtime's buffers. What it needs of the machine.
	Anonymous uint64
	// File is what mirrors files (program, libraries, mapped models) and can be dropped and read again.
	File uint64
	// Peak is the most that Total has been; 0 where the kernel does not tell.
	Peak uint64
}
