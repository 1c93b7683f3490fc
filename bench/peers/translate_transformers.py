"""The peer of `koe bench translate`: the same model and sentences, greedy, with transformers on PyTorch CPU.

usage: translate_transformers.py MODEL_DIR [--threads 2] [--runs 3] [--serve] [--source eng_Latn] [--target jpn_Jpan] < SENTENCES
needs: torch, transformers, sentencepiece

MODEL_DIR is a Hugging Face M2M100 layout (config.json with language_codes, model.safetensors, sentencepiece.bpe.model).
Reads one prepared sentence a line (code spans masked) and prints one JSON object: milliseconds for each sentence from
text to text (the least of the runs), their p50 and p95, and the translations. Weights are fp32 (PyTorch's fastest on
CPU without further tools), caches on, batch of one: what a program that translates sentences as they come can do.
With --serve it answers each line as it comes with one JSON line (ms, text), after a first one with its versions: so that
the caller can measure it in turn with others.
"""
import argparse, json, os, platform, sys, time

ap = argparse.ArgumentParser()
ap.add_argument("model")
ap.add_argument("--threads", type=int, default=2)
ap.add_argument("--runs", type=int, default=3)
ap.add_argument("--serve", action="store_true")
ap.add_argument("--source", default="eng_Latn")
ap.add_argument("--target", default="jpn_Jpan")
a = ap.parse_args()
os.environ["OMP_NUM_THREADS"] = str(a.threads)

import sentencepiece, torch, transformers
from transformers import GenerationConfig, M2M100ForConditionalGeneration

transformers.utils.logging.set_verbosity_error()
torch.set_num_threads(a.threads)
config = json.load(open(os.path.join(a.model, "config.json")))
languages = config["language_codes"]
pieces = sentencepiece.SentencePieceProcessor(model_file=os.path.join(a.model, "sentencepiece.bpe.model"))
start = time.perf_counter()
model = M2M100ForConditionalGeneration.from_pretrained(a.model, dtype=torch.float32).eval()
load = time.perf_counter() - start
never = sorted({config["bos_token_id"], config["pad_token_id"], 3, *range(min(languages.values()), config["vocab_size"])})


def translate(text):
    ids = [languages[a.source]] + [p + 1 if p > 2 else 3 for p in pieces.encode(text)] + [2]
    generation = GenerationConfig(num_beams=1, do_sample=False, max_new_tokens=3 * len(ids) + 12, suppress_tokens=never,
                                  eos_token_id=2, pad_token_id=1, bos_token_id=0, decoder_start_token_id=2)
    with torch.inference_mode():
        out = model.generate(torch.tensor([ids]), decoder_input_ids=torch.tensor([[2, languages[a.target]]]),
                             generation_config=generation)[0].tolist()[2:]
    return pieces.decode([i - 1 for i in out if i > 3 and i <= pieces.get_piece_size()])


versions = {"torch": torch.__version__, "transformers": transformers.__version__, "python": platform.python_version()}
if a.serve:
    print(json.dumps({"versions": versions, "load_ms": round(load * 1e3, 1)}), flush=True)
    for line in sys.stdin:
        t = time.perf_counter()
        got = translate(line.rstrip("\n"))
        print(json.dumps({"ms": round((time.perf_counter() - t) * 1e3, 3), "text": got}, ensure_ascii=False), flush=True)
    sys.exit()

sentences = [line.rstrip("\n") for line in sys.stdin if line.strip()]
if not sentences:
    sys.exit("no sentences on standard input")
translate(sentences[0])  # warm
best, out = [], []
for s in sentences:
    ms = []
    for _ in range(a.runs):
        t = time.perf_counter()
        got = translate(s)
        ms.append((time.perf_counter() - t) * 1e3)
    best.append(round(min(ms), 3))
    out.append(got)
order = sorted(best)
at = lambda q: order[min(len(order) - 1, int(q * len(order)))]
print(json.dumps({
    "engine": "transformers", "versions": versions,
    "threads": a.threads, "runs": a.runs, "sentences": len(sentences), "load_ms": round(load * 1e3, 1),
    "p50": at(0.5), "p95": at(0.95), "ms": best, "translations": out}, ensure_ascii=False))
