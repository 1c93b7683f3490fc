package prose

import (
	"bufio"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"koe/internal/testenv"
)

const (
	lowerHex = "0123456789abcdef"
	alnum    = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	base64   = alnum + "+/"
	urlSafe  = alnum + "-_"
)

// drawn returns n characters of an alphabet, always the same: no secret stands in this file.
func drawn(alphabet string, n int) string {
	r := rand.New(rand.NewPCG(uint64(n), uint64(len(alphabet))))
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

// secretCases: a secret of each format, the text around it ("%" stands for it), and what only looks like it.
var secretCases = []struct {
	format, secret, in string
	not                []string
}{
	{"AWS access key", "AKIA" + drawn("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16), "", []string{"AKIA is a prefix", "AKIASHORT"}},
	{"AWS secret key", drawn(base64, 40), "The AWS secret access key is % now.", []string{"the AWS secret access key", "aws commit " + drawn(lowerHex, 40)}},
	{"Google API key", "AI" + "za" + drawn(urlSafe, 35), "", []string{"AIza stands first"}},
	{"Google OAuth token", "ya" + "29." + drawn(urlSafe, 60), "", []string{"ya29. and more"}},
	{"Google OAuth secret", "GOC" + "SPX-" + drawn(urlSafe, 28), "", []string{"GOCSPX- prefix"}},
	{"Azure storage key", drawn(base64, 86) + "==", "AccountName=x;AccountKey=%;EndpointSuffix=core.windows.net", []string{"AccountKey= is empty"}},
	{"Azure SAS signature", drawn(alnum, 43) + "%3D", "x.blob.core.windows.net/c?sv=2020&sig=% ok", []string{"?sig=abc"}},
	{"Azure client secret", drawn(alnum, 3) + "8Q~" + drawn(alnum, 34), "", []string{"FAQ~ish"}},
	{"Anthropic key", "sk-" + "ant-api03-" + drawn(urlSafe, 80), "", []string{"sk-ant- prefix", "sk-ant-short"}},
	{"OpenAI key", "sk-" + "proj-" + drawn(urlSafe, 60), "", []string{"sk-proj", "the ask-for-permission-before-anything dialog", "sk-learn-style-estimator-names"}},
	{"OpenAI key", "sk-" + drawn(alnum, 48), "", nil},
	{"Hugging Face token", "hf" + "_" + drawn(alnum, 34), "", []string{"hf_hub_download", "hf_model"}},
	{"Replicate token", "r8" + "_" + drawn(alnum, 37), "", []string{"r8_model"}},
	{"Groq key", "gs" + "k_" + drawn(alnum, 52), "", []string{"gsk_value"}},
	{"xAI key", "xa" + "i-" + drawn(alnum, 80), "", []string{"xai-grok-model"}},
	{"Perplexity key", "pp" + "lx-" + drawn(alnum, 48), "", []string{"pplx-online"}},
	{"LangSmith key", "lsv2" + "_pt_" + drawn(lowerHex, 32) + "_" + drawn(lowerHex, 10), "", []string{"lsv2_pt"}},
	{"GitHub token", "gh" + "p_" + drawn(alnum, 36), "", []string{"ghp_ tokens", "ghp_xxx"}},
	{"GitHub token", "gh" + "s_" + drawn(alnum, 36), "", nil},
	{"GitHub fine-grained token", "github" + "_pat_" + drawn(alnum, 22) + "_" + drawn(alnum, 59), "", []string{"github_pat_ tokens"}},
	{"GitLab token", "gl" + "pat-" + drawn(urlSafe, 20), "", []string{"glpat- tokens"}},
	{"Slack token", "xox" + "b-" + drawn("0123456789", 11) + "-" + drawn(alnum, 24), "", []string{"xoxb tokens", "xoxo-hugs"}},
	{"Slack app token", "xa" + "pp-1-A0" + drawn("0123456789", 9) + "-" + drawn("0123456789", 13) + "-" + drawn(lowerHex, 64), "", []string{"xapp-tokens"}},
	{"Slack webhook", "https://hooks." + "slack.com/services/T0" + drawn(alnum, 8) + "/B0" + drawn(alnum, 8) + "/" + drawn(alnum, 24), "", []string{"hooks.slack.com/services"}},
	{"Discord webhook", "https://discord" + ".com/api/webhooks/" + drawn("123456789", 18) + "/" + drawn(urlSafe, 68), "", []string{"discord.com/api/webhooks"}},
	{"Discord token", "M" + drawn(alnum, 23) + "." + drawn(urlSafe, 6) + "." + drawn(urlSafe, 38), "", []string{"Model.parse.result"}},
	{"Telegram bot token", drawn("123456789", 10) + ":AA" + drawn(urlSafe, 33), "", []string{"at 10:AAA"}},
	{"Stripe key", "sk" + "_live_" + drawn(alnum, 24), "", []string{"sk_live_ keys", "risk_test_case"}},
	{"Stripe key", "rk" + "_live_" + drawn(alnum, 24), "", nil},
	{"Stripe webhook secret", "wh" + "sec_" + drawn(alnum, 32), "", []string{"whsec_ values"}},
	{"Square token", "sq0" + "atp-" + drawn(urlSafe, 22), "", []string{"sq0 values"}},
	{"Shopify token", "sh" + "pat_" + drawn(lowerHex, 32), "", []string{"shpat_ tokens"}},
	{"Twilio key", "S" + "K" + drawn(lowerHex, 32), "", []string{"SKILL.md", "commit " + drawn(lowerHex, 40)}},
	{"SendGrid key", "S" + "G." + drawn(urlSafe, 22) + "." + drawn(urlSafe, 43), "", []string{"SG. and more"}},
	{"Mailgun key", "key" + "-" + drawn(lowerHex, 32), "", []string{"key-value", "0c7e6a43-1c5f-4f5e-9a3e-0123456789ab"}},
	{"Mailchimp key", drawn(lowerHex, 32) + "-us12", "", []string{"en-us1"}},
	{"Resend key", "re" + "_" + drawn(alnum, 8) + "_" + drawn(alnum, 24), "", []string{"re_compile_pattern"}},
	{"npm token", "npm" + "_" + drawn(alnum, 36), "", []string{"npm_config_registry", "npm_package_version"}},
	{"PyPI token", "pypi" + "-AgEIcHlwaS5vcmc" + drawn(urlSafe, 60), "", []string{"pypi-server"}},
	{"RubyGems key", "ruby" + "gems_" + drawn(lowerHex, 48), "", []string{"rubygems_version"}},
	{"Docker token", "dckr" + "_pat_" + drawn(urlSafe, 27), "", []string{"dckr_pat_ tokens"}},
	{"DigitalOcean token", "do" + "p_v1_" + drawn(lowerHex, 64), "", []string{"dop_v1_ tokens"}},
	{"Databricks token", "da" + "pi" + drawn(lowerHex, 32), "", []string{"dapi"}},
	{"Vault token", "hv" + "s." + drawn(urlSafe, 90), "", []string{"hvs. and more"}},
	{"Terraform Cloud token", drawn(alnum, 14) + ".atlas" + "v1." + drawn(alnum, 67), "", []string{"x.atlasv1.y"}},
	{"Doppler token", "d" + "p.pt." + drawn(alnum, 43), "", []string{"dp.pt.x"}},
	{"Pulumi token", "pu" + "l-" + drawn(lowerHex, 40), "", []string{"pul-req"}},
	{"Fly.io token", "fm" + "2_" + drawn(base64, 80), "", []string{"fm2_radio"}},
	{"Tailscale key", "ts" + "key-auth-" + drawn(alnum, 12) + "-" + drawn(alnum, 32), "", []string{"tskey-auth"}},
	{"Supabase key", "sb" + "p_" + drawn(lowerHex, 40), "", []string{"sbp_value"}},
	{"PlanetScale token", "psc" + "ale_tkn_" + drawn(urlSafe, 43), "", []string{"pscale_tkn_"}},
	{"Netlify token", "nf" + "p_" + drawn(alnum, 40), "", []string{"nfp_x"}},
	{"Heroku key", "HR" + "KU-" + drawn(urlSafe, 60), "", []string{"HRKU-x"}},
	{"Linear key", "lin" + "_api_" + drawn(alnum, 40), "", []string{"lin_api_client", "lin_api_error_handler_for_everything"}},
	{"Notion token", "nt" + "n_" + drawn(alnum, 46), "", []string{"ntn_x", "secret_key"}},
	{"Notion token", "secr" + "et_" + drawn(alnum, 43), "", nil},
	{"Airtable token", "pa" + "t" + drawn(alnum, 14) + "." + drawn(lowerHex, 64), "", []string{"path.join"}},
	{"Figma token", "fig" + "d_" + drawn(urlSafe, 40), "", []string{"figd_x"}},
	{"Atlassian token", "ATA" + "TT3" + drawn(urlSafe, 180), "", []string{"ATATT3"}},
	{"Postman key", "PM" + "AK-" + drawn(lowerHex, 24) + "-" + drawn(lowerHex, 34), "", []string{"PMAK-x"}},
	{"New Relic key", "NR" + "AK-" + drawn(alnum, 27), "", []string{"NRAK-x"}},
	{"Sentry token", "sntr" + "yu_" + drawn(lowerHex, 64), "", []string{"sntryu_x"}},
	{"Grafana token", "gl" + "sa_" + drawn(alnum, 32) + "_" + drawn(lowerHex, 8), "", []string{"glsa_x"}},
	{"Datadog key", drawn(lowerHex, 32), "The Datadog key is % now.", []string{"Datadog trace 12345", "add " + drawn(lowerHex, 8)}},
	{"Cloudflare key", drawn(urlSafe, 40), "The Cloudflare key is % now.", []string{"Cloudflare worker"}},
	{"Cloudflare origin key", "v1" + ".0-" + drawn(lowerHex, 24) + "-" + drawn(lowerHex, 146), "", []string{"v1.0-rc1"}},
	{"age key", "AGE-SECRET" + "-KEY-1" + drawn("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58), "", []string{"AGE-SECRET-KEY-1 stands first"}},
	{"JWT", "ey" + "J" + drawn(alnum, 30) + ".ey" + "J" + drawn(urlSafe, 60) + "." + drawn(urlSafe, 43), "", []string{"eyJ begins it", "eyJhbGci... shortened"}},
	{"password in a URL", "postgres://admin:" + "h.unter2!" + "@db.example.org:5432/app", "", []string{"postgres://localhost:5432/app", "https://example.org:8080/@user", "git@github.com:x/y.git"}},
	{"password in a URL", "mongodb+srv://u:" + "p-w_0rd_x" + "@c0.mongodb.net/test?retry=true", "", nil},
	{"password in a URL", "redis://:" + "p4ss" + "@localhost:6379/0", "", nil},
	{"password in a URL", "https://oauth2:" + "t0ken" + "@git.example.org/x.git", "", nil},
	{"password in a URL", "amqp://guest:" + "gu3st" + "@mq:5672/", "", nil},
	{"authorization header", drawn(alnum, 40), "Send Authorization: Bearer % then.", []string{"Bearer tokens are fine", "basic authentication"}},
	{"authorization header", drawn(base64, 24) + "1=", "Send Authorization: Basic % then.", []string{"Token bucket limits"}},
	{"password", "Xk9#mP2q", "Set password=% there.", []string{"password=string", "password: the one you chose", "password=$DB_PASSWORD", "password = os.environ['X1']", "The password is hashed"}},
	{"password", "hunter2", "DB_PASSWORD: % there.", []string{"pass: 42 of 50 cases"}},
	{"assigned key", drawn(alnum, 24), "Set api_key: % there.", []string{"api_key: string", "token: getTokenFromHeader", "key = user_id_column", "secret: your-secret-key-here-1a2B3c4D"}},
	{"assigned key", drawn(lowerHex, 32), `Set "client_secret": "%" there.`, nil},
	{"random string", drawn(alnum, 48), "", []string{"sha512-" + drawn(base64, 86) + "==", "TestParserHandlesUTF8InputWithoutPanicking", "node_modules/.pnpm/react-dom@18.2.0_react@18.2.0/node_modules", drawn(lowerHex, 64), "/home/user/Projects/MyApp2/src/components/Button3D/index.tsx"}},
	{"private key", "-----BEGIN EC PRIVATE " + "KEY-----" + drawn(base64, 64) + "-----END EC PRIVATE KEY-----", "", []string{"-----BEGIN CERTIFICATE----- stands first"}},
	{"private key", `-----BEGIN PRIVATE ` + `KEY-----\nMIIE` + drawn(base64, 40) + `\n-----END PRIVATE KEY-----\n`, `It holds {"private_key": "%"} in one line.`, nil},
	{"private key", "-----BEGIN PGP PRIVATE " + "KEY BLOCK-----\nlQ" + drawn(base64, 40) + "\n=abcd\n-----END PGP PRIVATE KEY BLOCK-----", "", nil},
}

func TestFormatsHavePositives(t *testing.T) {
	have := map[string]bool{}
	for _, c := range secretCases {
		have[c.format] = true
	}
	for _, f := range Formats() {
		if !have[f] {
			t.Errorf("no positive for %q", f)
		}
	}
	if len(formats) < 25 {
		t.Errorf("%d formats", len(formats))
	}
}

// TestFormatFindsItsOwn: each format's expression finds its positive itself, not another one for it.
func TestFormatFindsItsOwn(t *testing.T) {
	for _, tt := range secretCases {
		in := tt.in
		if in == "" {
			in = "Use % now."
		}
		in = strings.Replace(in, "%", tt.secret, 1)
		found := false
		for i := range formats {
			f := &formats[i]
			if f.Name != tt.format {
				continue
			}
			for _, m := range f.re.FindAllStringSubmatch(in, -1) {
				found = found || f.judge == nil || f.judge(m[len(m)-1])
			}
			found = found && f.hinted(strings.ToLower(in))
		}
		if !found {
			t.Errorf("%s: own expression misses it in %q", tt.format, in)
		}
	}
}

func leaks(text, secret string) bool {
	for i := 0; i+7 <= len(secret); i++ { // no 7 characters of it
		if part := secret[i : i+7]; strings.Contains(text, part) && strings.Trim(part, lowerHex) != "" && !strings.ContainsAny(part, " \n\\") {
			return true
		}
	}
	return false
}

func TestSecrets(t *testing.T) {
	for _, tt := range secretCases {
		in := tt.in
		if in == "" {
			in = "Use % now."
		}
		docs := []string{strings.Replace(in, "%", tt.secret, 1)}
		if !strings.Contains(tt.secret, "\n") && tt.in == "" {
			docs = append(docs, "- Use `"+tt.secret+"`, then. Next", "It's **"+tt.secret+"**. Next", "# "+tt.secret, "See ("+tt.secret+"). Next.", tt.secret+".\nNext")
		}
		for _, doc := range docs {
			whole := mustCut(t, doc)
			said := strings.Join(texts(whole), " ")
			if !strings.Contains(said, "secret") || leaks(said, tt.secret) {
				t.Errorf("%s: %q is spoken as %q", tt.format, doc, said)
				continue
			}
			step := 1
			if testing.Short() {
				step = 7
			}
			for i := 1; i < len(doc); i += step {
				c := New(Defaults())
				var k checker
				cuts := steps2(c, doc[:i], doc[i:])
				if err := k.add(cuts); err != nil {
					t.Fatal(err)
				}
				for _, cut := range cuts { // guesses, too
					if leaks(cut.Sentence.Text, tt.secret) {
						t.Fatalf("%s, split at %d: %q", tt.format, i, cut.Sentence.Text)
					}
				}
				if !same(whole, k.confirmed) {
					t.Fatalf("%s, split at %d: %q, whole %q", tt.format, i, texts(k.confirmed), texts(whole))
				}
			}
		}
		for _, not := range tt.not {
			for _, doc := range []string{not, "See " + not + " there", "Use `" + not + "` now."} {
				if strings.Contains(not, "`") || strings.Contains(not, "secret") && tt.format == "" {
					continue
				}
				if got, found := redact(doc); found {
					t.Errorf("%s: false hit in %q: %q", tt.format, doc, got)
				}
			}
		}
	}
}

func steps2(c *Cutter, pieces ...string) []Cut {
	var cuts []Cut
	for _, p := range pieces {
		cuts = append(cuts, c.Write(textEvent(p))...)
	}
	return append(cuts, c.Close()...)
}

// TestNoFalseHits: nothing in ordinary narration is taken for a secret.
func TestNoFalseHits(t *testing.T) {
	check := func(path string) int {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		n := 0
		sc := bufio.NewScanner(f)
		for sc.Scan() {
			s, _, _ := strings.Cut(sc.Text(), "\t")
			if got, found := redact(s); found {
				t.Errorf("%s: %q -> %q", filepath.Base(path), s, got)
			}
			n++
		}
		if err := sc.Err(); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := check("testdata/narration.txt"); n < 300 {
		t.Fatalf("%d sentences", n)
	}
	t.Run("corpus", func(t *testing.T) {
		files, err := filepath.Glob(filepath.Join(testenv.Shared(t), "corpora", "narration", "*.tsv"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no narration: %v", err)
		}
		n := 0
		for _, f := range files {
			n += check(f)
		}
		t.Logf("%d sentences", n)
	})
}
