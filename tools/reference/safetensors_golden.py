"""Makes the golden file of internal/checkpoint with the reference library (pip install safetensors torch).

usage: safetensors_golden.py OUT_DIR   (internal/checkpoint/testdata)

golden.safetensors holds a tensor of each type; golden.json says name -> [dtype, shape, elements].
"""
import json, sys
import torch
from safetensors.torch import save_file

out = sys.argv[1]
torch.manual_seed(1)
base = torch.tensor([[0.0, -0.0, 1.0, -2.5, 65504.0, 6.1e-5], [5.96e-8, 1e-7, 3.14159274, -1e-3, 448.0, 0.333333343]])
bits = torch.randint(0, 1 << 16, (40, 3), generator=torch.Generator().manual_seed(1)).to(torch.int32).to(torch.int16)
finite = lambda t: torch.where(torch.isfinite(t), t, torch.ones_like(t))
ints = torch.tensor([[0, 1, -1], [127, -128, 5]])
tensors = {
    "f32": base.clone(), "f16": base.half(), "bf16": base.bfloat16(), "f64": base.double(),
    "f16.bits": finite(bits.view(torch.float16)), "bf16.bits": finite(bits.view(torch.bfloat16)),
    "i8": ints.to(torch.int8), "i16": (ints * 200).to(torch.int16), "i32": (ints * 100000).to(torch.int32), "i64": ints * (1 << 40),
    "u8": (ints % 256).to(torch.uint8), "bool": ints > 0, "scalar": torch.tensor(2.5), "empty": torch.zeros(0, 4), "one": torch.tensor([[[7.0]]]),
}
save_file(tensors, out + "/golden.safetensors", metadata={"format": "pt", "title": "kö"})
names = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.float64: "F64", torch.int8: "I8", torch.int16: "I16",
         torch.int32: "I32", torch.int64: "I64", torch.uint8: "U8", torch.bool: "BOOL"}
json.dump({k: [names[v.dtype], list(v.shape), (v.float().double() if v.is_floating_point() else v.long()).flatten().tolist()] for k, v in tensors.items()},
          open(out + "/golden.json", "w"), indent=0)
