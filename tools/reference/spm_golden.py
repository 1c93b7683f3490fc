"""Makes the golden files of internal/spm with the reference library (pip install sentencepiece protobuf).

usage: spm_golden.py MODEL NARRATION_DIR OUT_DIR

MODEL is the embedded translator's sentencepiece model, NARRATION_DIR holds our own sentences (en \t ja), OUT_DIR is
internal/spm/testdata. The lines to encode are sentences (lines.txt.gz) and lines that both this script and the Go test
make from the same generator, so that ten thousand of them need only a checksum each.
"""
import glob, gzip, io, os, sys
import sentencepiece as spm
from sentencepiece import sentencepiece_model_pb2 as pb

MODEL, NARRATION, OUT = sys.argv[1:4]
M64 = (1 << 64) - 1


class Rand:
    """splitmix64"""

    def __init__(s, seed): s.x = seed
    def next(s):
        s.x = (s.x + 0x9E3779B97F4A7C15) & M64
        z = s.x
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & M64
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & M64
        return z ^ (z >> 31)
    def pick(s, n): return s.next() % n


RANGES = [(0x21, 0x7E), (0xA0, 0xFF), (0x100, 0x24F), (0x250, 0x2AF), (0x300, 0x36F), (0x370, 0x3FF), (0x400, 0x4FF),
          (0x530, 0x58F), (0x590, 0x5FF), (0x600, 0x6FF), (0x900, 0x97F), (0x980, 0x9FF), (0xB80, 0xBFF), (0xE00, 0xE7F),
          (0x10A0, 0x10FF), (0x1100, 0x11FF), (0x1E00, 0x1EFF), (0x2000, 0x206F), (0x20A0, 0x20CF), (0x2100, 0x214F),
          (0x2190, 0x21FF), (0x2460, 0x24FF), (0x2500, 0x257F), (0x25A0, 0x26FF), (0x3000, 0x303F), (0x3040, 0x30FF),
          (0x3200, 0x33FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFB00, 0xFB4F), (0xFF00, 0xFFEF),
          (0x1D400, 0x1D7FF), (0x1F300, 0x1F64F), (0x20000, 0x2A6DF), (0, 0x1F), (0xFFF0, 0xFFFF), (0x7F, 0x9F)]
SPACES = [" ", "  ", "\u3000", "\t", "\u00a0", "\u200b", "\u2581", "\n", " \u2581 ", "\r\n", "\u2003", "\ufeff"]
SYMBOLS = ["<x0>", "<x1>", "<x9>", "<x10>", "<x", "<unk>", "<s>", "</s>", "<0x41>", "<0xE3>", "<x3><x4>", "a<x5>b"]
PLAIN = "0123456789.,:;!?-+*/()[]{}<>=_'\"`@#$%&|~^\\"


def generate(k, words):
    r = Rand(k)
    out = []
    for _ in range(1 + r.pick(12)):
        kind = r.pick(10)
        if kind < 3:
            w = words[r.pick(len(words))]
            out.append(w if r.pick(2) else w + " ")
        elif kind < 5:
            lo, hi = RANGES[r.pick(len(RANGES))]
            for _ in range(1 + r.pick(6)): out.append(chr(lo + r.pick(hi - lo + 1)))
        elif kind == 5:
            c = r.pick(0x110000)
            out.append(chr(0x4E00 if 0xD800 <= c < 0xE000 else c))
        elif kind == 6: out.append(SPACES[r.pick(len(SPACES))])
        elif kind == 7: out.append(SYMBOLS[r.pick(len(SYMBOLS))])
        elif kind == 8:
            out.append(chr(0x41 + r.pick(58)))
            for _ in range(1 + r.pick(3)): out.append(chr(0x300 + r.pick(0x70)))
        else:
            for _ in range(1 + r.pick(5)): out.append(PLAIN[r.pick(len(PLAIN))])
    return "".join(out)


def fnv(data, h=0xCBF29CE484222325):
    for b in data: h = ((h ^ b) * 0x100000001B3) & M64
    return h


def checksum(ids, text):
    h = fnv(b"".join(i.to_bytes(4, "little") for i in ids))
    return fnv(text.encode(), h) & 0xFFFFFFFF


def write(name, text):
    b = io.BytesIO()
    with gzip.GzipFile(fileobj=b, mode="wb", mtime=0, compresslevel=9) as g: g.write(text if isinstance(text, bytes) else text.encode())
    open(os.path.join(OUT, name), "wb").write(b.getvalue())
    print(name, len(b.getvalue()))


pairs = [l.rstrip("\n").split("\t") for f in sorted(glob.glob(NARRATION + "/*.tsv")) for l in open(f, encoding="utf-8") if l.count("\t") == 1]
step = len(pairs) // 1500
sentences = [p[0] for p in pairs[::step][:1500]] + [p[1] for p in pairs[step // 2::step][:500]]
words = sorted({w for s in sentences[:1500] for w in s.split()})
write("lines.txt.gz", "\n".join(sentences) + "\n")
lines = sentences + [generate(k, words) for k in range(10000 - len(sentences))]


def ids_of(sp, n):
    """n lists of random ids, to decode"""
    out = []
    for k in range(n):
        r = Rand(1 << 32 | k)
        out.append([r.pick(sp.get_piece_size() if r.pick(3) else 300) for _ in range(1 + r.pick(10))])
    return out


sp = spm.SentencePieceProcessor(model_file=MODEL)
rows = []
for l in lines:
    ids = sp.encode(l)
    rows.append("%08x" % checksum(ids, sp.decode(ids)))
for ids in ids_of(sp, 1000): rows.append("%08x" % checksum(ids, sp.decode(ids)))
write("enja.sums.gz", "\n".join(rows) + "\n")


def escape(s):
    return "".join("%%%04x" % ord(c) if ord(c) < 0x21 or c == "%" or 0x7f <= ord(c) < 0xA0 or c in "\u2028\u2029" else c for c in s)


def readable(sp, name, some):
    """line \t ids \t pieces \t decoded, and ids alone with what they decode to"""
    rows = []
    for l in some:
        ids = sp.encode(l)
        rows.append("\t".join([escape(l), " ".join(map(str, ids)), " ".join(map(escape, sp.encode(l, out_type=str))), escape(sp.decode(ids))]))
    for ids in ids_of(sp, 100): rows.append("\t".join(["", " ".join(map(str, ids)), "", escape(sp.decode(ids))]))
    write(name, "\n".join(rows) + "\n")


some = sentences[:60] + sentences[1500:1560] + lines[2000:2280] + ["", " ", "  a  b  ", "\u3000", "\u2581", "a\u2581b", "<x0>", " <x0> <x1>", "aaaaaaaaaaaaaaaa", "\u0001"]
readable(sp, "enja.golden.gz", some)

corpus = os.path.join(OUT, "corpus.tmp")
open(corpus, "w", encoding="utf-8").write("\n".join(sentences) + "\n")
base = dict(input=corpus, vocab_size=800, character_coverage=0.98, num_threads=1, minloglevel=2, hard_vocab_limit=False)
user = dict(user_defined_symbols=[f"<x{i}>" for i in range(10)])
small = {
    "bpe": dict(model_type="bpe", normalization_rule_name="nmt_nfkc", byte_fallback=True, vocab_size=1200, **user),
    "bpe_suffix": dict(model_type="bpe", normalization_rule_name="nfkc_cf", treat_whitespace_as_suffix=True),
    "bpe_plain": dict(model_type="bpe", normalization_rule_name="identity", add_dummy_prefix=False, remove_extra_whitespaces=False, allow_whitespace_only_pieces=True, split_by_whitespace=False),
    "unigram": dict(model_type="unigram", normalization_rule_name="nmt_nfkc", byte_fallback=True, vocab_size=1200, **user),
    "unigram_plain": dict(model_type="unigram", normalization_rule_name="identity", add_dummy_prefix=False, remove_extra_whitespaces=False),
    "unigram_suffix": dict(model_type="unigram", normalization_rule_name="nmt_nfkc_cf", treat_whitespace_as_suffix=True, split_by_number=False, user_defined_symbols=["the", "the ", "ing"]),
    "unigram_unk": dict(model_type="unigram", normalization_rule_name="identity", remove_extra_whitespaces=False, unk_surface="??", unk_id=3, bos_id=0, eos_id=1, pad_id=2),
}
maps = {}
for name, flags in small.items():
    prefix = os.path.join(OUT, name)
    spm.SentencePieceTrainer.train(model_prefix=prefix, **{**base, **flags})
    os.remove(prefix + ".vocab")
    p = pb.ModelProto(); p.ParseFromString(open(prefix + ".model", "rb").read())
    os.remove(prefix + ".model")
    p.trainer_spec.ClearField("input"); p.trainer_spec.ClearField("model_prefix")
    if name in ("bpe", "bpe_suffix", "unigram_plain"):  # unused pieces
        for x in p.pieces[300::7]:
            if x.type == 1: x.type = 5
    if name == "unigram_plain": p.normalizer_spec.escape_whitespaces = False
    data = p.SerializeToString()
    write(name + ".model.gz", data)
    readable(spm.SentencePieceProcessor(model_proto=data), name + ".golden.gz", some)
os.remove(corpus)
