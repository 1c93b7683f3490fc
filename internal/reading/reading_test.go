package reading

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"koe/internal/testenv"
)

type pair struct{ in, want string }

var table = []pair{
	// camelCase, PascalCase, snake_case, kebab-case
	{"`getUserById`を呼びます。", "ゲットユーザーバイIDを呼びます。"},
	{"parseHTTPResponse", "パースHTTPレスポンス"},
	{"HTTPServer", "HTTPサーバー"},
	{"userIDs", "ユーザーアイディーズ"},
	{"XMLHttpRequest", "エックスエムエルエイチティーティーピーリクエスト"},
	{"`useGitHubToken`", "ユーズギットハブトークン"},
	{"`fromOAuthToken`", "フロムオーオーストークン"},
	{"snake_case_name", "スネークケースネーム"},
	{"kebab-case-name", "ケバブケースネーム"},
	{"MAX_RETRIES", "マックスリトライズ"},
	{"`__init__`", "イニット"},
	{"`_private`", "プライベート"},
	{"`getURL2`", "ゲットURL2"},
	{"`uint32`に", "ユーイントサーティツーに"},
	{"`utf8`", "ユーティーエフエイト"},
	{"UTF-8", "ユーティーエフエイト"},
	{"`reWrap`", "リラップ"},
	{"`api_v2`", "APIバージョン2"},
	{"`apiV2`", "API ブイ2"},
	{"typeconverter", "タイプコンバーター"},
	{"specstory", "スペックストーリー"},
	{"stackblur", "スタックブラー"},
	{"before-cleanup", "ビフォークリーンアップ"},
	{"gpt-4o", "GPT4O"},
	{"claude-opus-4-5", "クロードオーパス4、5"},
	// words, initialisms
	{"JSON", "ジェイソン"},
	{"APIとAPIs", "APIとエーピーアイズ"},
	{"REST API", "レストAPI"},
	{"HTTP API", "HTTP API"},
	{"CPU、GPU、LLM", "CPU、GPU、LLM"},
	{"AND条件のIDとIN句", "アンド条件のIDとイン句"},
	{"README", "リードミー"},
	{"TODO", "トゥードゥー"},
	{"Kubernetes", "クバネティス"},
	{"PostgreSQL", "ポストグレスキューエル"},
	{"macOSとiOS", "マックオーエスとIOS"},
	{"Don't panic!", "ドントパニック！"},
	{"user's", "ユーザーズ"},
	{"This is a test. OK?", "ディスイズAテスト。OK？"},
	{"e.g. foo", "たとえばフー"},
	{"i.e. foo", "つまりフー"},
	{"foo, bar etc.", "フー、バーなど"},
	{"naïve", "ナイーブ"},
	{"αとβ", "アルファとベータ"},
	{"ＡＰＩ", "API"},
	{"tokenizer", "トークナイザー"},
	{"frobnicate", "フローブニケート"},
	{"mainブランチ", "メインブランチ"},
	{"main ブランチ", "メインブランチ"},
	{"ブランチ main です", "ブランチメインです"},
	{"qwrtp", "QWRTP"},
	// languages
	{"C++とC#とF#", "CプラスプラスとCシャープとFシャープ"},
	{"Node.js", "ノードドットJS"},
	{"`std::vector<int>`", "スタンダードベクターイント"},
	// paths and file names
	{"`main.go`", "メインドットゴー"},
	{"config.yaml", "コンフィグドットヤムル"},
	{"tasks.md", "タスクスドットMD"},
	{".env", "ドットエンブ"},
	{".gitignore", "ドットギットイグノア"},
	{"`a/b/c/d/e.go`", "A、B、C、D、Eドットゴー"},
	{"internal/voice/reading.go", "インターナルスラッシュボイススラッシュリーディングドットゴー"},
	{"internal/voice/koe/reading.go", "インターナル、ボイス、コエ、リーディングドットゴー"},
	{"/etc/hosts", "スラッシュETCスラッシュホスツ"},
	{"~/.bashrc", "チルダスラッシュドットバッシュアールシー"},
	{"../lib", "ドットドットスラッシュリブ"},
	{"./run.sh", "ランドットSH"},
	{"`src/`", "ソース"},
	{"`*.go`", "アスタリスクドットゴー"},
	{"`sync.go:28`", "シンクドットゴーの28行目"},
	{"`sync.go:28`行目", "シンクドットゴーの28行目"},
	{"`main.go:12:5`", "メインドットゴーの12行目5文字目"},
	{"main.go:72-90", "メインドットゴーの72行目から90行目"},
	{"`@types/node`", "アットタイプススラッシュノード"},
	// flags and commands
	{"`-p`", "Pオプション"},
	{"`--dry-run`フラグ", "ドライランフラグ"},
	{"`--dry-run` オプション", "ドライランオプション"},
	{"--verbose を", "バーボスオプションを"},
	{"`--format=json`", "フォーマットイコールジェイソン"},
	{"`git commit --amend -m \"fix bug\"`", "ギットコミットアメンドオプションMオプションフィックスバグ"},
	{"`go test ./...`", "ゴーテスト"},
	{"`$HOME`と`${PATH}`", "ドルホームとドルパス"},
	// versions
	{"v2", "バージョン2"},
	{"バージョンv1.2", "バージョン1.2"},
	{"バージョン v1.2", "バージョン1.2"},
	{"v1.2.3-rc.1", "バージョン1.2.3RC1"},
	{"1.2.3-beta", "1.2.3ベータ"},
	{"`foo@1.2.3`", "フーアット1.2.3"},
	{"Python 3.12", "パイソン3.12"},
	{"Go 1.26", "ゴー1.26"},
	{"Go1.26", "ゴー1.26"},
	{"`docker run --rm -it`", "ドッカーランRMオプションITオプション"},
	{"`1_000_000`", "1000000"},
	{"logfile", "ログファイル"},
	{"`rm -rf node_modules`", "RM RFオプションノードモジュールズ"},
	// numbers and units are the normaliser's
	{"10 MBを5回", "10 MBを5回"},
	{"1,234,567件（3.5%）", "1,234,567件（3.5%）"},
	{"2024-01-15 10:30に", "2024-01-15 10:30に"},
	{"3〜5回", "3〜5回"},
	{"-5度", "マイナス5度"},
	{"$19.99", "$19.99"},
	{"100MB/s", "100MB/s"},
	{"2x高速", "2x高速"},
	{"60fps", "60FPS"},
	{"192.168.0.1", "192.168.0.1"},
	{"8/10件", "8/10件"},
	{"2024-01-15T10:30:00Z", "2024-01-15 10:30:00"},
	{"1920x1080", "1920かける1080"},
	{"2nd", "2番目"},
	{"`1e-9`", "1かける10のマイナス9乗"},
	{"`0x1F`", "ゼロエックスイチF"},
	{"`10..20`", "10から20"},
	{"`arr[0][1]`", "アレイ0、1"},
	{"`f(1, 2)`", "F、1、2"},
	{"~10件", "約10件"},
	{"#123とPR #5", "123番とPR 5番"},
	{"req/s", "リクエスト毎秒"},
	// hashes
	{"コミット`b3d53de`で", "コミットハッシュBサンDゴで"},
	{"5b5097af", "ハッシュゴBゴゼロ"},
	{"550e8400-e29b-41d4-a716-446655440000", "UUIDゴゴゼロE"},
	{"`#1a2b3c`", "シャープイチAニBサンC"},
	{"facade", "ファサード"},
	// addresses
	{"https://github.com/foo/bar?x=1を", "ギットハブドットコムのURLを"},
	{"https://github.com", "ギットハブドットコム"},
	{"http://localhost:8080", "ローカルホストのポート8080"},
	{"http://www.example.com/", "エグザンプルドットコム"},
	{"https://user:pw@example.com/x", "エグザンプルドットコムのURL"},
	{"user@example.com", "ユーザーアットマークエグザンプルドットコム"},
	// operators
	{"`a == b`", "AイコールB"},
	{"`==`と`===`", "イコールイコールとイコールイコールイコール"},
	{"`!=`", "ノットイコール"},
	{"`x := 1`", "Xコロンイコール1"},
	{"`a->b`", "AアローB"},
	{"`->`と`=>`", "アローとファットアロー"},
	{"`x => x + 1`", "XアローXプラス1"},
	{"`!ok && done`", "ノットOKアンドダン"},
	{"`a <= b`", "A小なりイコールB"},
	{"`i++`", "Iプラスプラス"},
	{"`a || b`", "AオアB"},
	{"`%`", "パーセント"},
	{"100%", "100%"},
	{"`a | b`", "AパイプB"},
	{"`a?.b`", "AドットB"},
	{"`{}`と`()`", "波かっことかっこ"},
	{"a == b", "AイコールB"},
	// calls and generics
	{"`close()`を", "クローズを"},
	{"`foo(bar, baz)`", "フー、バー、バズ"},
	{"`InstallHooks(false, ...)`を", "インストールフックス、フォルスを"},
	{"`Map<String, int>`", "マップストリング、イント"},
	{"`map[string]int`", "マップストリングイント"},
	{"`println!`", "プリントライン"},
	{"`<div>`", "ディブ"},
	// sentences' own marks
	{"CI/CD、A/Bテスト", "CI CD、A Bテスト"},
	{"入力/出力", "入力/出力"},
	{"(初回のみ)呼ぶ。", "(初回のみ)呼ぶ。"},
	{"#001(完了)", "001番(完了)"},
	{"API(例: REST)です", "API(例:レスト)です"},
	{"です. 次です.", "です. 次です."},
	{"「main」と「dev」", "「メイン」と「デブ」"},
	{"これは普通の文です。数は3〜5個、はい！", "これは普通の文です。数は3〜5個、はい！"},
	{"詳細 概要　全角空白", "詳細 概要　全角空白"},
	{"ｶﾀｶﾅ、①②③、㎡", "ｶﾀｶﾅ、①②③、㎡"},
	{"😀絵文字🎉", "絵文字"},
	{"a`b", "A B"},
	{"``a`b``", "A B"},
	{"", ""},
	{"`", ""},
	{"` `", ""},
}

func TestRead(t *testing.T) {
	r := New(Options{})
	for _, c := range table {
		if got := r.Read(c.in); got != c.want {
			t.Errorf("Read(%q)\n got %q\nwant %q", c.in, got, c.want)
		}
	}
	if len(table) < 120 {
		t.Errorf("%d cases", len(table))
	}
}

func TestUserDictionary(t *testing.T) {
	r := New(Options{Word: func(w string) (string, bool) { return "マイワード", w == "Frob" || w == "x86_64" }})
	if got, want := r.Read("`getFrob` x86_64"), "ゲットマイワードマイワード"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLexicon(t *testing.T) {
	last, n := "", 0
	for line := range strings.Lines(lexicon) {
		word, kana, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok || word <= last || len(word) > longestEntry {
			t.Fatalf("line %d: %q after %q: words must be in byte order, each once", n+1, line, last)
		}
		for _, c := range kana {
			if (c < 'ァ' || c > 'ヴ') && c != 'ー' {
				t.Errorf("%s: %q is not katakana", word, kana)
			}
		}
		if got, ok := lookup(word); !ok || got != kana {
			t.Errorf("lookup(%q) = %q, %v", word, got, ok)
		}
		last = word
		n++
	}
	if n < 13000 {
		t.Errorf("%d entries", n)
	}
	for _, w := range []string{"", "\n", "zzzz", "!", "\t", strings.Repeat("a", 100)} {
		if kana, ok := lookup(w); ok {
			t.Errorf("lookup(%q) = %q", w, kana)
		}
	}
	if kana, ok := New(Options{}).Katakana("Server"); !ok || kana != "サーバー" {
		t.Errorf("Katakana(Server) = %q, %v", kana, ok)
	}
}

// unit finds the units left after numbers; nothing else may hold small letters.
var unit = regexp.MustCompile(`[0-9] *([A-Za-z]+)(/s)?`)

// check fails if the reading holds what the voice's normaliser would drop or misread.
func check(t *testing.T, in, out string) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Fatalf("Read(%q) = %q: not UTF-8", in, out)
	}
	rest := unit.ReplaceAllStringFunc(out, func(m string) string {
		p := unit.FindStringSubmatch(m)
		if isUnit(p[1]) {
			return ""
		}
		return m
	})
	for _, c := range rest {
		switch {
		case c >= utf8.RuneSelf && passes(c), c >= '0' && c <= '9', c >= 'A' && c <= 'Z':
		case strings.ContainsRune(" .,:;?!()[]{}'\"-/~+=%&@#$", c):
		default:
			t.Fatalf("Read(%q) = %q: holds %q", in, out, c)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, c := range table {
		f.Add(c.in)
	}
	f.Add("\xff\xfe`\x00`é\u0301ﬁ")
	r := New(Options{})
	f.Fuzz(func(t *testing.T, in string) { check(t, in, r.Read(in)) })
}

func TestJapanesePasses(t *testing.T) {
	r := New(Options{})
	for _, s := range []string{"はい。", "「引用」と（注）…うーん——", "第1章、3.5、10個！", "々〆ヶ〇", "𠮷野家"} {
		if got := r.Read(s); got != s {
			t.Errorf("Read(%q) = %q", s, got)
		}
	}
}

func TestLong(t *testing.T) {
	r := New(Options{})
	for _, s := range []string{"a", "`", "``a`", "ab ", "V1", "<a", "a/", "-", "1.", "Aa", "あ a", "a'", "x_", "#1", "((", "://@", "a@b.", "1,234"} {
		in := strings.Repeat(s, 5_000/len(s))
		check(t, s+"…", r.Read(in))
	}
}

// TestCorpora reads the Japanese of the corpora beside the checkout.
func TestCorpora(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testenv.Shared(t), "corpora", "*", "*.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	r := New(Options{})
	n := 0
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		for s := bufio.NewScanner(f); s.Scan(); {
			if _, ja, ok := strings.Cut(s.Text(), "\t"); ok {
				check(t, ja, r.Read(ja))
				n++
			}
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d sentences", n)
}

func BenchmarkRead(b *testing.B) {
	r := New(Options{})
	for _, bench := range []struct{ name, text string }{
		{"japanese", "これは普通の文です。数は3〜5個、はい。"},
		{"mixed", "`getUserById`を`src/main.go`に追加し、`--dry-run`フラグを付けました。"},
		{"unknown", "frobnicateとkerfuffleを直しました。"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			for b.Loop() {
				r.Read(bench.text)
			}
		})
	}
}
