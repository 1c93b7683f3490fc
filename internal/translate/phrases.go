package translate

import (
	"regexp"
	"strings"
)

// phrase is a sentence that Koe itself says, with its translation. ${1} … stand for what the pattern's groups match.
type phrase struct {
	pattern *regexp.Regexp
	text    string
}

// phrases returns, by target language, the sentences that Koe's own parts put into the stream (announcements of code, the
// ends of turns). They are few and known, so that no model has to guess at them.
func phrases() map[string][]phrase {
	p := func(pattern, text string) phrase { return phrase{regexp.MustCompile("^" + pattern + "$"), text} }
	return map[string][]phrase{"jpn_Jpan": {
		p(`An? code block of (\d+) lines?\.`, "コードが${1}行あります。"),
		p(`An? shell code block of (\d+) lines?\.`, "シェルのコマンドが${1}行あります。"),
		p(`An? log code block of (\d+) lines?\.`, "ログが${1}行あります。"),
		p(`An? (\S+(?: Buffers)?) code block of (\d+) lines?\.`, "${1}のコードが${2}行あります。"),
		p(`A diff of (\d+) lines?\.`, "${1}行の差分があります。"),
		p(`A table of (\d+) rows?\.`, "${1}行の表があります。"),
		p(`An empty table\.`, "空の表があります。"),
		p(`An empty diff\.`, "空の差分があります。"),
		p(`An empty (?:\S+(?: Buffers)? )?code block\.`, "空のコードブロックがあります。"),
		p(`The turn was interrupted\.`, "中断されました。"),
		p(`The conversation was compacted\.`, "会話が要約されました。"),
		p(`The turn stopped at its limit of steps\.`, "手順の上限に達して止まりました。"),
		p(`The turn stopped at its spending limit\.`, "費用の上限に達して止まりました。"),
		p(`The turn failed: no valid structured output\.`, "失敗しました。正しい形の出力が得られませんでした。"),
		p(`The turn failed: API error (\w+)\.`, "APIのエラー${1}で失敗しました。"),
		p(`The turn failed\.`, "失敗しました。"),
	}}
}

// known returns the translation of one of Koe's own sentences.
func (t *translator) known(r Request) (string, bool) {
	if r.Source != "eng_Latn" || !strings.HasPrefix(r.Text, "A") && !strings.HasPrefix(r.Text, "The ") {
		return "", false
	}
	for _, p := range t.phrases[r.Target] {
		if m := p.pattern.FindStringSubmatchIndex(r.Text); m != nil {
			return string(p.pattern.ExpandString(nil, p.text, r.Text, m)), true
		}
	}
	return "", false
}
