package reading

import "strings"

// operators are read in the midst of code; longer ones first. Silent ones are "".
var operators = [...]struct{ mark, reading string }{
	{"<=>", "スペースシップ"}, {"===", "イコール"}, {"!==", "ノットイコール"}, {"...", ""}, {"<<=", "左シフトイコール"}, {">>=", "右シフトイコール"},
	{"==", "イコール"}, {"!=", "ノットイコール"}, {"->", "アロー"}, {"=>", "アロー"}, {":=", "コロンイコール"}, {"&&", "アンド"}, {"||", "オア"},
	{"<=", "小なりイコール"}, {">=", "大なりイコール"}, {"<-", "アロー"}, {"<<", "左シフト"}, {">>", "右シフト"}, {"+=", "プラスイコール"},
	{"-=", "マイナスイコール"}, {"*=", "かけるイコール"}, {"/=", "わるイコール"}, {"%=", "パーセントイコール"}, {"|=", "オアイコール"}, {"&=", "アンドイコール"},
	{"~=", "チルダイコール"}, {"=~", "イコールチルダ"}, {"++", "プラスプラス"}, {"--", "マイナスマイナス"}, {"::", ""}, {"?.", "ドット"},
	{"??", "ハテナハテナ"}, {"|>", "パイプ"}, {"//", "スラッシュスラッシュ"},
	{"=", "イコール"}, {"+", "プラス"}, {"&", "アンド"}, {"|", "パイプ"}, {"<", "小なり"}, {">", "大なり"}, {"%", "パーセント"}, {"@", "アット"},
	{"$", "ドル"}, {"^", "ハット"}, {"~", "チルダ"}, {"*", "アスタリスク"}, {"\\", "バックスラッシュ"}, {"#", "シャープ"}, {"-", "マイナス"}, {"/", "スラッシュ"},
}

// operator returns the operator that s begins with and its reading; mark is "" if there is none.
func operator(s string) (mark, reading string) {
	for _, o := range operators {
		if strings.HasPrefix(s, o.mark) {
			return o.mark, o.reading
		}
	}
	return "", ""
}

// symbolName returns a mark's name, for a span that holds nothing but marks.
func symbolName(c byte) string {
	switch c {
	case '!':
		return "ビックリマーク"
	case '"':
		return "ダブルクオート"
	case '#':
		return "シャープ"
	case '$':
		return "ドル"
	case '%':
		return "パーセント"
	case '&':
		return "アンド"
	case '\'':
		return "シングルクオート"
	case '(':
		return "かっこ"
	case ')':
		return "かっこ閉じ"
	case '*':
		return "アスタリスク"
	case '+':
		return "プラス"
	case ',':
		return "カンマ"
	case '-':
		return "ハイフン"
	case '.':
		return "ドット"
	case '/':
		return "スラッシュ"
	case ':':
		return "コロン"
	case ';':
		return "セミコロン"
	case '<':
		return "小なり"
	case '=':
		return "イコール"
	case '>':
		return "大なり"
	case '?':
		return "ハテナ"
	case '@':
		return "アットマーク"
	case '[':
		return "角かっこ"
	case '\\':
		return "バックスラッシュ"
	case ']':
		return "角かっこ閉じ"
	case '^':
		return "ハット"
	case '_':
		return "アンダースコア"
	case '`':
		return "バッククオート"
	case '{':
		return "波かっこ"
	case '|':
		return "パイプ"
	case '}':
		return "波かっこ閉じ"
	case '~':
		return "チルダ"
	}
	return ""
}

// symbols reads a span of marks alone: well-known operators by their names, the rest mark by mark.
func (w *writer) symbols(s string) {
	switch s {
	case "->", "<-":
		w.kana("アロー")
	case "=>":
		w.kana("ファットアロー")
	case "()":
		w.kana("かっこ")
	case "[]":
		w.kana("角かっこ")
	case "{}":
		w.kana("波かっこ")
	case "<>":
		w.kana("山かっこ")
	case "!=":
		w.kana("ノットイコール")
	case "!==":
		w.kana("ノットイコールイコール")
	case "||":
		w.kana("オアオア")
	case "<<":
		w.kana("左シフト")
	case ">>":
		w.kana("右シフト")
	default:
		for i := range len(s) {
			if s[i] == ' ' {
				w.pause()
				continue
			}
			w.kana(symbolName(s[i]))
		}
	}
}
