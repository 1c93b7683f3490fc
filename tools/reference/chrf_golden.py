"""Makes the golden file of internal/quality with the reference library (pip install sacrebleu).

usage: chrf_golden.py NARRATION_DIR OUT_FILE   (our own sentences, en \t ja; internal/quality/testdata/chrf.json)

Each case is a corpus: translations (our references, damaged by a seeded generator), references, and the score.
"""
import glob, json, random, sys
import sacrebleu

pairs = [l.rstrip("\n").split("\t") for f in sorted(glob.glob(sys.argv[1] + "/*.tsv")) for l in open(f, encoding="utf-8") if l.count("\t") == 1]
r = random.Random(7)
SPACES = [" ", "\u3000", "\u00a0", "\t", "\u2003", "\u200b", "\x1c", "\x85"]


def damage(s, p):
    out = []
    for c in s:
        x = r.random()
        if x < p / 4: continue
        if x < p / 2: out.append(r.choice("あいう漢字abc。、"))
        if x < p * 3 / 4: out.append(r.choice(SPACES))
        out.append(c)
    s = "".join(out)
    if r.random() < p:
        i, j = sorted((r.randrange(len(s) + 1), r.randrange(len(s) + 1)))
        s = s[j:] + s[i:j] + s[:i]
    return s


cases = []
for n, p in [(1, 0), (1, 0.3), (1, 1), (20, 0.05), (20, 0.3), (20, 0.9), (40, 0.2)]:
    some = r.sample(pairs, n)
    cases.append(([damage(j, p) for _, j in some], [j for _, j in some]))
cases += [([""], ["あ"]), (["あ"], ["あ"]), (["あ", "abcdefgh"], ["あいうえおかき", "a"]), ([" "], ["犬 が 好き"]), (["犬が"], ["猫も"]), (["ab\ncd"], ["abcd"]),
          (["👩‍👩‍👧 family", "e\u0301"], ["👩‍👩‍👧 families", "é"]), (["aaaaaa"], ["aaa"]), (["猫"], ["猫猫猫猫猫猫猫"])]
json.dump([{"translations": h, "references": f, "score": sacrebleu.corpus_chrf(h, [f]).score} for h, f in cases], open(sys.argv[2], "w", encoding="utf-8"), ensure_ascii=False, indent=0)
