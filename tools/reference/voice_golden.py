"""Golden values of the embedded voice, from the reference implementation.

    python voice_golden.py normalise|phonemes|samples [--shared ../../../shared]

Needs onnxruntime and numpy, and the folder of training/, models/, lexicon/ and corpora/ (../shared beside the checkout).
It writes internal/voice/koe/testdata:

  normalise.json.gz  {"narration": {file: hex}, "random": [[input, output, unknown words]]}: the Japanese side of the
                     narration corpus, two bytes of each output's SHA-256; and made-up lines full of what rules look for
  phonemes.json.gz   100 narration sentences: tokens, ids, accents, durations, start, F0
  samples.bin.gz     the sound of 3, whole, from their start on, with the noise that both languages make alike (noise()
                     below): a line of JSON, then differences of int16 in units of 2^-15
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


def sentences(shared, n=100):
    """Narration sentences without unknown words, of the lengths that occur."""
    lines = [l for _, ls in narration(shared) for l in ls]
    random.Random(5).shuffle(lines)
    return lines[:n]


def reference(shared):
    sys.path.insert(0, os.path.join(shared, "training"))
    import say
    models = os.path.join(shared, "models")
    return say, say.Say(os.path.join(models, "g2p-ja-v1"), os.path.join(models, "voice-ja-v1"))


def phonemes(shared):
    say, s = reference(shared)
    rows = []
    for text in sentences(shared):
        plain, unknown = say.normalise(text, str.upper)
        tokens, source = s.tokens(plain)
        ids, acc = s.phonemes([*say.LEAD, *tokens])
        lead = ids.shape[1] - s.phonemes(tokens)[0].shape[1]
        x = s.frames(ids, acc)
        dur = x["dur"][0].tolist()
        rows.append(dict(text=text, plain=plain, tokens=tokens, source=source, ids=ids[0].tolist(), acc=acc[0].tolist(), dur=dur,
                         start=max(0, sum(dur[:1 + lead]) - say.KEEP), f0=[round(float(v), 1) for v in x["f0"][0]]))
    write("phonemes.json.gz", json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode())


def noise(seed, n):
    """n standard normal numbers, n even: pair 2j, 2j + 1 is the Box-Muller transform of numbers 2j + 1, 2j + 2 of splitmix64."""
    import numpy as np
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        z = z ^ z >> np.uint64(31)
    u = ((z[0::2] >> np.uint64(11)) + np.uint64(1)).astype(np.float64) / 2**53
    w = (z[1::2] >> np.uint64(11)).astype(np.float64) / 2**53
    r = np.sqrt(-2 * np.log(u))
    return np.stack([r * np.cos(2 * np.pi * w), r * np.sin(2 * np.pi * w)], 1).reshape(-1).astype(np.float32)


def samples(shared):
    import numpy as np
    say, s = reference(shared)
    rows, sound = [], b""
    for text in ["テストを実行します。", "設定ファイルを読み込んで、不具合を調べます。", "`git push`は完了しましたか?"]:
        plain, _ = say.normalise(text, str.upper)
        tokens, _ = s.tokens(plain)
        ids, acc = s.phonemes([*say.LEAD, *tokens])
        x = s.frames(ids, acc)
        t = x["f0"].shape[1]
        y = s.vocoder.run(None, {**{n: x[n] for n in ("h", "f0", "phase", "energy")}, "noise": noise(1, t * say.HOP)[None]})[0][0]
        start = sum(x["dur"][0].tolist()[:4]) - say.KEEP
        y = np.round(y[start * say.HOP:] * 2**15).astype("<i2")  # nothing is near 1
        rows.append(dict(text=text, samples=len(y)))
        sound += np.diff(y, prepend=np.int16(0)).astype("<i2").tobytes()
    write("samples.bin.gz", json.dumps(rows, ensure_ascii=False).encode() + b"\n" + sound)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("what", choices=["normalise", "phonemes", "samples"])
    p.add_argument("--shared", default=os.path.join(HERE, "..", "..", "..", "shared"))
    a = p.parse_args()
    globals()[a.what](a.shared)


if __name__ == "__main__":
    main()
