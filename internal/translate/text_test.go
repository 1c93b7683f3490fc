package translate

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	const a, b, c = string(rune(firstAtom)), string(rune(firstAtom + 1)), string(rune(firstAtom + 2))
	for in, want := range map[string]string{
		"":                              "",
		"plain":                         "plain",
		"run `go test` now":             "run " + a + " now",
		"`a` then `b` then `a`":         a + " then " + b + " then " + a,
		"a stray ` here":                "a stray  here",
		"`` and `x`":                    " and " + a,
		"<x0> and `y`":                  a + " and " + b,
		"one\ntwo\tthree":               "one two three",
		"\x00a\U000F0005b\uE000c\u200d": "abc\u200d",
		"`a`, `b`, <x12>":               a + ", " + b + ", " + c,
	} {
		got, atoms := parse(in)
		if strings.TrimSpace(want) != got {
			t.Errorf("parse(%q) = %q, want %q", in, got, want)
		}
		for _, r := range got {
			if isAtom(r) && atoms.text(r) == "" {
				t.Errorf("parse(%q): an atom without a unit", in)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.StringOf(rapid.SampledFrom([]rune("ab `<x0>1.\n\U000F0000あ"))).Draw(t, "text")
		text, atoms := parse(in)
		if again, _ := parse(atoms.restore(text)); atoms.restore(text) != "" && again == "" {
			t.Fatalf("%q is lost the second time", in)
		}
	})
}

func TestPrepare(t *testing.T) {
	for in, want := range map[string]string{
		"it\u2019s \u201cfine\u201d":  `it's "fine"`,
		"a\u2014b":                    "a - b",
		"a \u2014  b\u2014":           "a - b -",
		"1\u20132, wait\u2026 \u00a0": "1-2, wait...",
	} {
		if got := prepare(in); got != want {
			t.Errorf("prepare(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ source, kept, lost string }{
		{"It took 3 tries.", "3回かかりました。", "何回かかかりました。"},
		{"It took 3 tries.", "三回かかりました。", "30回かかりました。"},
		{"It took 3 tries.", "３回かかりました。", ""},
		{"1,024 requests", "1024件|1,024件|１，０２４件|1、024件|千二十四件", "1件と24件"},
		{"1.5 seconds", "1.5秒|1.50秒|１．５秒", "15秒"},
		{"an hour and 1.5 hours", "1時間半", "1時間"},
		{"at 14:05", "14時5分|14:05|午後2時に14と05", "14時"},
		{"at 3 pm", "15時|午後3時", "13時"},
		{"at 2:30", "2時半|2時30分", "2時"},
		{"1.3 million rows", "130万行|1,300,000行|1.3 million|百三十万行", "13行"},
		{"4 million rows", "400万行|四百万行|4百万行", "40万行"},
		{"2.3 billion dollars", "23億ドル|二十三億ドル", "23万ドル"},
		{"about 10k users", "約1万人|約10k人|約10,000人", "約1人"},
		{"2 dozen eggs", "24個|2ダース", "12個"},
		{"30% of them", "30%|3割|三十パーセント|30パーセント", "3%"},
		{"the 1st time", "1回目|最初の回|第一回", "回"},
		{"the 2nd time", "2回目|二回目|第二", "回"},
		{"version 1.2.3", "バージョン1.2.3", "バージョン1.2"},
		{"on 2026-01-05", "2026年1月5日|二〇二六年一月五日", "2026年1月"},
		{"0 errors", "エラーは0件|エラーはゼロ", "エラー"},
		{"lines 10-24", "10行から24行", "10行"},
		{"items 2,3 and 4", "項目2,3,4|項目2、3、4", "項目2,3"},
		{"3 of 3", "3分の3|3つのうち3つ|3つ全部", "全部"},
		{"120000000 bytes", "1億2000万バイト|1億2,000万バイト|一億二千万バイト", "1億バイト"},
		{"10 reasons", "十の理由", "十分な理由"},
		{"1 reason", "一つの理由", "統一した理由"},
		{"007 and 0x1F", "7と0x1F", "0x1F"},
		{"no numbers", "数はない", ""},
		{"three things", "物", ""},
	} {
		for _, target := range strings.Split(c.kept, "|") {
			if lost := lostNumbers(c.source, target, "jpn_Jpan"); len(lost) > 0 {
				t.Errorf("%q to %q: lost %q", c.source, target, lost)
			}
		}
		for _, target := range strings.Split(c.lost, "|") {
			if lost := lostNumbers(c.source, target, "jpn_Jpan"); target != "" && len(lost) == 0 {
				t.Errorf("%q to %q: nothing lost", c.source, target)
			}
		}
	}
	for _, c := range []struct {
		source, target, language string
		lost                     int
	}{
		{"3 files", "drei Dateien", "deu_Latn", 0},
		{"13 files", "dreizehn Dateien", "deu_Latn", 1},
		{"1,024 and 1.5", "1.024 und 1,5", "deu_Latn", 0},
		{"1,000,000 rows", "1 000 000 lignes", "fra_Latn", 0},
		{"42 items", "٤٢ عنصرا", "arb_Arab", 0},
		{"1.3 million", "130万", "zho_Hans", 0},
		{"1.3 million", "130만", "kor_Hang", 0},
	} {
		if lost := lostNumbers(c.source, c.target, c.language); len(lost) != c.lost {
			t.Errorf("%q to %q: lost %q, want %d", c.source, c.target, lost, c.lost)
		}
	}
	rapid.Check(t, func(t *rapid.T) { // a text keeps its own numbers
		s := rapid.StringOf(rapid.SampledFrom([]rune("0123456789.,:- %kM万億十百千一二半割時 a"))).Draw(t, "text")
		if lost := lostNumbers(s, s, "jpn_Jpan"); len(lost) > 0 {
			t.Fatalf("%q lost its own %q", s, lost)
		}
	})
}

func TestNames(t *testing.T) {
	for in, want := range map[string]string{
		"Open main.go and read it.":                          "main.go",
		"See src/server/handler.go, then docs/.":             "src/server/handler.go docs/",
		"Edit ~/.config/koe/config.yaml or /etc/hosts.":      "~/.config/koe/config.yaml /etc/hosts",
		"Call parseHeader() or my_func with --dry-run or -v": "parseHeader() my_func --dry-run -v",
		"GitHub and PostgreSQL use camelCase.":               "GitHub PostgreSQL camelCase",
		"See https://example.com/a?b=c.":                     "https://example.com/a?b=c",
		"Upgrade to v1.2.3 or 2.0.1 now.":                    "v1.2.3 2.0.1",
		"Ignore .gitignore and .env.local files":             ".gitignore .env.local",
		"The MAX_SIZE of __init__ in os.path.join()":         "MAX_SIZE __init__ os.path.join()",
		"This and/or that, e.g. a client/server split.":      "",
		"A well-known, fine-tuned model. It works - mostly.": "",
		"Nothing here. Yes. No!":                             "",
		"Mail me@example.com please":                         "me@example.com",
		"Commit 3fa9c21 and 1234567, faceted":                "3fa9c21",
		"Node.js and package.json":                           "Node.js package.json",
	} {
		got := names(in)
		for _, w := range strings.Fields(want) {
			if !slices.Contains(got, w) {
				t.Errorf("names(%q) = %q, without %q", in, got, w)
			}
		}
		if len(got) != len(strings.Fields(want)) {
			t.Errorf("names(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestRepair(t *testing.T) {
	x := string(rune(firstAtom))
	for _, c := range []struct{ source, in, want string }{
		{"Done.", "完了しました.", "完了しました。"},
		{"Done.", "完了しました", "完了しました。"},
		{"Done:", "完了しました。", "完了しました。"},
		{"2, 3, 5.", "2, 3, 5を見る.", "2、3、5を見る。"},
		{"First, done.", "まず,完了しました.", "まず、完了しました。"},
		{"First, done.", "まず, 完了しました.", "まず、完了しました。"},
		{"Is it?", "そうですか?", "そうですか？"},
		{"Yes!", "はい!", "はい！"},
		{`He said "yes".`, `彼は"はい"と言った.`, "彼は「はい」と言った。"},
		{`The "ok" flag.`, `"ok"フラグです.`, "「ok」フラグです。"},
		{"1,024 and 1.5.", "1,024と1.5です.", "1,024と1.5です。"},
		{"See .gitignore.", "次は.gitignoreです.", "次は.gitignoreです。"},
		{"Wait...", "待って...", "待って..."},
		{"a, b.", x + ", " + x + "を見る.", x + "、" + x + "を見る。"},
		{"Look at `a`.", "ここを見る: " + x + ".", "ここを見る: " + x + "。"},
		{"f(a, b) is it.", "f(a, b)です.", "f(a, b)です。"},
		{"Node.js runs.", "Node.jsが動く.", "Node.jsが動く。"},
		{"OK.", "OK.", "OK."},
		{"Fine.", "「良い」.", "「良い」。"},
		{"First. Then.", "最初。 次。", "最初。次。"},
		{"Is 5?", "5?", "5?"},
		{"What is it, 5?", "何が5?", "何が5？"},
		{"Next:", "次:", "次:"},
	} {
		if got := repair(c.source, c.in, "jpn_Jpan"); got != c.want {
			t.Errorf("repair(%q, %q) = %q, want %q", c.source, c.in, got, c.want)
		}
	}
	if got := repair("Done.", "Fertig, oder?", "deu_Latn"); got != "Fertig, oder?" {
		t.Errorf("German became %q", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.SampledFrom([]rune("あア漢a1.,!?\"「」 ()\U000F0000"))).Draw(t, "text")
		got := repair("A sentence.", s, "jpn_Jpan")
		keep := func(s string) string {
			return strings.Map(func(r rune) rune {
				if isWord(r) || isAtom(r) {
					return r
				}
				return -1
			}, s)
		}
		if keep(got) != keep(s) {
			t.Fatalf("%q became %q", s, got)
		}
	})
}

func TestSuspicious(t *testing.T) {
	for _, c := range []struct{ source, target, want string }{
		{"The file is fine.", "ファイルは問題ありません。", ""},
		{"The file is fine.", "", "empty"},
		{"The file is fine.", "ファイルは\uFFFD", "broken characters"},
		{"The file is fine.", "ファイルファイルファイルファイルファイル", "repetition"},
		{"ha ha ha", "ははは", ""},
		{"Wait ----------------", "待って ----------------", ""},
		{"The file is fine.", "Файл в порядке", "foreign script"},
		{"Привет there", "Приветです", ""},
		{"The angle α is fine.", "角度αは問題ありません。", ""},
		{"The file is fine.", "The file is fine.", "untranslated"},
		{"OK.", "OK.", ""},
		{"Short.", strings.Repeat("とても長い文章が次から次へと書かれていくが", 1) + "終わりを知らずどこまでも続いていくのだった", ""},
		{"Go.", "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよ", "too long"},
		{"This is a rather long sentence about a file which says a lot of things.", "はい。", "too short"},
	} {
		if got := suspicious(c.source, c.target, "jpn_Jpan"); got != c.want {
			t.Errorf("%q to %q: %q, want %q", c.source, c.target, got, c.want)
		}
	}
}

func TestSplit(t *testing.T) {
	for _, c := range []struct{ in, left, mark, right string }{
		{"When it fails, we try again.", "When it fails", ",", "we try again."},
		{"It failed; we tried again.", "It failed", ";", "we tried again."},
		{"We tried again because it failed.", "We tried again", " ", "because it failed."},
		{"It works - mostly it does.", "It works", "-", "mostly it does."},
	} {
		h, ok := split(c.in, false)
		if !ok || h != (halves{c.left, c.mark, c.right}) {
			t.Errorf("split(%q) = %+v %v", c.in, h, ok)
		}
	}
	if h, ok := split("Fine now.", false); ok {
		t.Errorf("two words were split: %+v", h)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := strings.TrimSpace(rapid.StringOf(rapid.SampledFrom([]rune("ab ,.;あ、。\U000F0000"))).Draw(t, "text"))
		h, ok := split(s, true)
		if !ok {
			if len([]rune(s)) > 1 {
				t.Fatalf("%q can't be split", s)
			}
			return
		}
		squeeze := strings.NewReplacer(" ", "")
		if h.left == "" || h.right == "" || squeeze.Replace(h.left+h.mark+h.right) != squeeze.Replace(s) {
			t.Fatalf("%q was split into %+v", s, h)
		}
	})
}

func TestJoin(t *testing.T) {
	for _, c := range []struct{ left, mark, right, language, want string }{
		{"失敗したら。", ",", "やり直します。", "jpn_Jpan", "失敗したら、やり直します。"},
		{"失敗した", ".", "やり直します。", "jpn_Jpan", "失敗した。やり直します。"},
		{"失敗した？", "?", "はい。", "jpn_Jpan", "失敗した？はい。"},
		{"値は", "", "3", "jpn_Jpan", "値は3"},
		{"Wenn es", ",", "dann", "deu_Latn", "Wenn es, dann"},
		{"Es ist", " ", "gut", "deu_Latn", "Es ist gut"},
		{"", ",", "x", "jpn_Jpan", "x"},
	} {
		if got := join(c.left, c.mark, c.right, c.language); got != c.want {
			t.Errorf("join(%q, %q, %q) = %q, want %q", c.left, c.mark, c.right, got, c.want)
		}
	}
}

// TestHostileText: time grows with the text, not with its square.
func TestHostileText(t *testing.T) {
	for _, unit := range []string{"1", "1,", "一", "千", "a.", "a/", "\"", "あ\"", "`", "1万", "(", "-a "} {
		s := strings.Repeat(unit, 20000/len(unit))
		begun := time.Now()
		numbers(s)
		valuesIn(s)
		names(s)
		repair(s, s, "jpn_Jpan")
		parse(s)
		if d := time.Since(begun); d > 20*time.Second {
			t.Errorf("%d × %q took %v", 20000/len(unit), unit, d)
		}
	}
}

func BenchmarkChecks(b *testing.B) {
	const source = "The generated assembly contains 3 divisions inside the loop of main.go, because the modulus isn't a compile-time constant."
	const target = "main.goのループの中で生成されたアセンブリに3つの除算が含まれています。剰余がコンパイル時の定数ではないためです。"
	for b.Loop() {
		_ = lostNumbers(source, target, "jpn_Jpan")
		_ = lostNames(source, target)
		_ = suspicious(source, target, "jpn_Jpan")
		_ = repair(source, target, "jpn_Jpan")
	}
}
