"""Golden values for internal/translate/m2m: tiny random M2M100 models of several shapes with what transformers makes of them.

usage: m2m_golden.py OUT_DIR     (the project's copy: internal/translate/m2m/testdata)
needs: torch, transformers, sentencepiece, safetensors

For each shape OUT_DIR/<name>/ gets config.json, model.safetensors (values exact in half precision),
sentencepiece.bpe.model and golden.json: encoder input ids, encoder output, and the ids that greedy search and beam
search (transformers' defaults: length_penalty 1, early_stopping False) give.
"""
import io, json, os, sys
import torch, sentencepiece as spm
from safetensors.torch import save_file
from transformers import GenerationConfig, M2M100Config, M2M100ForConditionalGeneration

SHAPES = {  # width, layers, heads and hidden units of encoder and decoder, √d scaling
    "even": dict(d=32, enc=(2, 2, 64), dec=(2, 2, 64), scale=True, seed=21, end=3.5),
    "uneven": dict(d=64, enc=(1, 8, 96), dec=(3, 4, 32), scale=True, seed=22, end=4),
    "narrow": dict(d=48, enc=(3, 3, 48), dec=(1, 6, 80), scale=False, seed=100, end=2),
}
TEXT = [
    "The tests pass now, so I will commit the change.", "I need to read the file before I edit it.",
    "There are three errors in the parser.", "Run the build again and look at the log.", "Nothing was lost.",
    "The function returns an error when the file is missing.", "Let me check the configuration first.",
]


def tokenizer():
    out = io.BytesIO()
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXT * 4), model_writer=out, vocab_size=72, model_type="bpe", character_coverage=1.0,
        normalization_rule_name="identity", user_defined_symbols=["<x0>", "<x1>"], minloglevel=2)
    return out.getvalue()


def make(name, s, out):
    os.makedirs(out, exist_ok=True)
    model_bytes = tokenizer()
    open(f"{out}/sentencepiece.bpe.model", "wb").write(model_bytes)
    sp = spm.SentencePieceProcessor(model_proto=model_bytes)
    pieces = sp.get_piece_size()
    languages = {"eng_Latn": pieces + 1, "jpn_Jpan": pieces + 2}
    vocabulary = (pieces + 3 + 7) // 8 * 8
    config = M2M100Config(
        vocab_size=vocabulary, d_model=s["d"], encoder_layers=s["enc"][0], encoder_attention_heads=s["enc"][1],
        encoder_ffn_dim=s["enc"][2], decoder_layers=s["dec"][0], decoder_attention_heads=s["dec"][1], decoder_ffn_dim=s["dec"][2],
        scale_embedding=s["scale"], activation_function="relu", max_position_embeddings=128, dropout=0.0)
    torch.manual_seed(s["seed"])
    model = M2M100ForConditionalGeneration(config).eval()
    with torch.no_grad():
        for key, p in model.named_parameters():
            if "shared" in key or "embed_tokens" in key:
                p.normal_(0, 1.0 if not s["scale"] else s["d"] ** -0.5)
            elif p.dim() == 2:
                p.normal_(0, 1.4 * p.shape[1] ** -0.5)
            elif key.endswith("weight"):
                p.normal_(1, 0.1)
            else:
                p.normal_(0, 0.1)
            p.copy_(p.half().float())
        # A random decoder seldom ends; a longer embedding of the end token makes it likelier.
        model.model.shared.weight[2] *= s["end"]
        model.model.shared.weight.copy_(model.model.shared.weight.half().float())
    state = {k: v.half().contiguous() for k, v in model.state_dict().items()
             if not any(x in k for x in ("embed_positions", "embed_tokens", "lm_head"))}
    save_file(state, f"{out}/model.safetensors", metadata={"format": "pt"})
    keep = ["vocab_size", "d_model", "encoder_layers", "encoder_attention_heads", "encoder_ffn_dim", "decoder_layers",
            "decoder_attention_heads", "decoder_ffn_dim", "scale_embedding", "activation_function", "max_position_embeddings"]
    values = {"model_type": "m2m_100", **{k: getattr(config, k) for k in keep}, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2,
              "decoder_start_token_id": 2, "language_codes": languages}
    json.dump(values, open(f"{out}/config.json", "w"), indent=1)

    suppress = [0, 1, 3] + list(range(languages["eng_Latn"], vocabulary))
    cases = []
    for text in TEXT + ["<x0> calls <x1>.", "I"]:
        ids = [languages["eng_Latn"]] + [p + 1 if p > 2 else 3 for p in sp.encode(text)] + [2]
        source = torch.tensor([ids])
        with torch.no_grad():
            states = model.get_encoder()(source).last_hidden_state[0]
        new = 30
        case = {"text": text, "ids": ids, "steps": new, "encoder": [round(v, 6) for v in states.flatten().tolist()]}
        for beams in (1, 2, 4, 5):
            generation = GenerationConfig(
                num_beams=beams, do_sample=False, max_new_tokens=new, length_penalty=1.0, early_stopping=False, suppress_tokens=suppress,
                eos_token_id=2, pad_token_id=1, bos_token_id=0, decoder_start_token_id=2)
            got = model.generate(source, decoder_input_ids=torch.tensor([[2, languages["jpn_Jpan"]]]), generation_config=generation)[0].tolist()[2:]
            case[f"beam{beams}"] = got[:got.index(2)] if 2 in got else got
        cases.append(case)
    lines = ",\n".join(json.dumps(c) for c in cases)
    open(f"{out}/golden.json", "w").write("[\n" + lines + "\n]\n")
    print(name, [len(c["beam1"]) for c in cases], [len(c["beam4"]) for c in cases], sum(c["beam1"] != c["beam4"] for c in cases))


for name, s in SHAPES.items():
    make(name, s, os.path.join(sys.argv[1], name))
