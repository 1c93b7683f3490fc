"""Golden values of the embedded voice, from the reference implementation.

    python voice_golden.py normalise|phonemes|samples [--shared ../../../shared]

Needs onnxruntime and numpy, and the folder of training/, models/, lexicon/ and corpora/ (../shared beside the checkout).
It writes internal/voice/koe/testdata:

  normalise.json.gz  {"narration": {file: hex}, "random": [[input, output, unknown words]]}: the Japanese side of the
                     narration corpus, two bytes of each output's SHA-256; and made-up lines full of what rules look for
  phonemes.json.gz   100 narration sentences: tokens, ids, accents, durations, start, F0
  samples.bin.gz     3 of them as float32 with the noise that both languages make alike (noise() below)
"""
import argparse
import glob
import gzip
import hashlib
import json
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "..", "..", "internal", "voice", "koe", "testdata")


def write(name, data):
    with open(os.path.join(OUT, name), "wb") as f, gzip.GzipFile("", "wb", 9, f, 0) as z:
        z.write(data)
    print(name, os.path.getsize(os.path.join(OUT, name)))


def narration(shared):
    for f in sorted(glob.glob(os.path.join(shared, "corpora", "narration", "*.tsv"))):
        with open(f, encoding="utf-8") as lines:
            yield os.path.basename(f), [l.rstrip("\n").split("\t")[1] for l in lines if "\t" in l]


PIECES = """0 1 9 12 007 1200 10000 1,234 12,345,678 1,00 3.14 1.2.3 2024-01-15 2024/1/5 10:30 9:05 23:59:59 12:345 1/3 10/3 2/3/4 3-5 3~5 3〜5
v2 V3 -5 +3 ( ) : ; / - ~ . .. ... , 、 。 ？ ！ ? ! $ € £ ¥ ￥ % & && = == + ++ @ × ÷ ° ± √ ∞ ≤ ≥ ≠ ≈ # _ * ' ’ ‘ " “ ` 「 」 【 】 [ ] { } 〔 … ‥ — – → ・
ms us ns s /s KB MB/s MiB px GHz x W m km bits min h C++ C# F# JSON APIs IDs getUserById parseHTTPResponse XMLHttpRequest don't user's src main.go foo.bar
std::vector e.g. AND SQL qwrtp xyzzy Fetch the of to a I ABCDEFG s S ヶ月 一ヶ月 3ヵ所 ヶ ヵ カタカナ ｶﾀｶﾅ ひらがな 漢字 行 々 〆 ー ヴ ゞ 😀 é ½ ① ㎡ Ⅳ \u3000 \u200b \t \x1c é ﬁ は が です を の ん""".split()


def made_up(n, seed=1):
    r = random.Random(seed)
    out = []
    for _ in range(n):
        s = ""
        for _ in range(r.randrange(1, 14)):
            s += r.choice(PIECES) if r.random() < 0.8 else r.choice("0123456789abcXYZ .,:;/()-+~'ああ漢字カナ、。")
            if r.random() < 0.35:
                s += r.choice(["", " ", " ", "  "])
        out.append(s)
    return out


def normalise(shared):
    sys.path.insert(0, os.path.join(shared, "training", "g2p"))
    from normalise import normalise as f
    files = {n: "".join(hashlib.sha256(f(l)[0].encode()).hexdigest()[:4] for l in lines) for n, lines in narration(shared)}
    rows = [[l, f(l)[0], f(l)[1]] for l in made_up(4000)]
    write("normalise.json.gz", json.dumps({"narration": files, "random": rows}, ensure_ascii=False).encode())


def main():
    p = argparse.ArgumentParser()
    p.add_argument("what", choices=["normalise", "phonemes", "samples"])
    p.add_argument("--shared", default=os.path.join(HERE, "..", "..", "..", "shared"))
    a = p.parse_args()
    globals()[a.what](a.shared)


if __name__ == "__main__":
    main()
