package prose

import "regexp"

func format(name, re string, hints ...string) Format {
	return Format{Name: name, hint: hints, re: regexp.MustCompile(re)}
}

func judged(name, re string, judge func(string) bool, hints ...string) Format {
	f := format(name, re, hints...)
	f.judge = judge
	return f
}

// Formats returns the names of the kinds of secret that are withheld.
func Formats() []string {
	names := make([]string, len(formats))
	for i := range formats {
		names[i] = formats[i].Name
	}
	return names
}

// formats are the secrets that are withheld. A match's last group is the secret; without groups all of it is.
var formats = []Format{
	format("private key", `-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:[\s\S]*?-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|[\s\S]*)`, "-----begin"),
	format("AWS access key", `\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b`, "akia", "asia", "abia", "acca"),
	judged("AWS secret key", `(?i:aws|secret|access.?key)[^\n]{0,40}?[^A-Za-z0-9/+]([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|$)`, value, "aws", "secret", "access"),
	format("Google API key", `\bAIza[0-9A-Za-z_-]{35}`, "aiza"),
	format("Google OAuth token", `\bya29\.[0-9A-Za-z_-]{20,}`, "ya29."),
	format("Google OAuth secret", `\bGOCSPX-[0-9A-Za-z_-]{28}`, "gocspx-"),
	format("Azure storage key", `(?i)\b(?:AccountKey|SharedAccessKey)=([A-Za-z0-9+/]{40,88}={0,2})`, "accountkey=", "sharedaccesskey="),
	format("Azure SAS signature", `(?i)[?&]sig=([A-Za-z0-9%+/=]{40,})`, "sig="),
	format("Azure client secret", `\b[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}`, "q~"),
	format("Anthropic key", `\bsk-ant-[A-Za-z0-9_-]{20,}`, "sk-ant-"),
	format("OpenAI key", `\bsk-(?:proj-|svcacct-|admin-|or-v1-)?[A-Za-z0-9_-]*[0-9][A-Za-z0-9_-]{19,}`, "sk-"),
	format("Hugging Face token", `\b(?:hf|api_org)_[A-Za-z0-9]{30,}`, "hf_", "api_org_"),
	format("Replicate token", `\br8_[A-Za-z0-9]{30,}`, "r8_"),
	format("Groq key", `\bgsk_[A-Za-z0-9]{40,}`, "gsk_"),
	format("xAI key", `\bxai-[A-Za-z0-9]{40,}`, "xai-"),
	format("Perplexity key", `\bpplx-[A-Za-z0-9]{40,}`, "pplx-"),
	format("LangSmith key", `\blsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}`, "lsv2_"),
	format("GitHub token", `\bgh[pousr]_[A-Za-z0-9]{36,}`, "ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
	format("GitHub fine-grained token", `\bgithub_pat_[A-Za-z0-9_]{40,}`, "github_pat_"),
	format("GitLab token", `\bgl(?:pat|ptt|dt|rt|cbt|agent|soat|ft|imt|oas)-[A-Za-z0-9_.-]{20,}`, "glpat-", "glptt-", "gldt-", "glrt-", "glcbt-", "glagent-", "glsoat-", "glft-", "glimt-", "gloas-"),
	format("Slack token", `\bxox[abposre](?:\.xox[bp])?-[A-Za-z0-9-]{10,}`, "xox"),
	format("Slack app token", `\bxapp-[0-9]-[A-Z0-9]+-[0-9]+-[a-f0-9]{20,}`, "xapp-"),
	format("Slack webhook", `\b(?:https://)?hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{20,}`, "hooks.slack.com/"),
	format("Discord webhook", `\b(?:https://)?discord(?:app)?\.com/api/webhooks/[0-9]{15,}/[A-Za-z0-9_-]{40,}`, "/api/webhooks/"),
	format("Discord token", `\b[MNO][A-Za-z0-9_-]{22,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}`, "."),
	format("Telegram bot token", `\b[0-9]{8,10}:AA[A-Za-z0-9_-]{32,34}`, ":aa"),
	format("Stripe key", `\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}`, "k_live_", "k_test_"),
	format("Stripe webhook secret", `\bwhsec_[A-Za-z0-9+/=]{24,}`, "whsec_"),
	format("Square token", `\b(?:sq0[a-z]{3}-[A-Za-z0-9_-]{22,}|EAAA[A-Za-z0-9_-]{60})`, "sq0", "eaaa"),
	format("Shopify token", `\bshp(?:at|ca|pa|ss|tka)_[a-fA-F0-9]{32}`, "shp"),
	format("Twilio key", `\b(?:SK|AC)[0-9a-f]{32}\b`, "sk", "ac"),
	format("SendGrid key", `\bSG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}`, "sg."),
	format("Mailgun key", `\b(?:key-[0-9a-f]{32}|[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8})\b`, "key-", "-"),
	format("Mailchimp key", `\b[0-9a-f]{32}-us[0-9]{1,2}\b`, "-us"),
	format("Resend key", `\bre_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}\b`, "re_"),
	format("npm token", `\bnpm_[A-Za-z0-9]{36}`, "npm_"),
	format("PyPI token", `\bpypi-[A-Za-z0-9_-]{40,}`, "pypi-"),
	format("RubyGems key", `\brubygems_[a-f0-9]{48}`, "rubygems_"),
	format("Docker token", `\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{24,}`, "dckr_"),
	format("DigitalOcean token", `\bdo[opr]_v1_[a-f0-9]{64}`, "_v1_"),
	format("Databricks token", `\bdapi[a-f0-9]{32}(?:-[0-9])?\b`, "dapi"),
	format("Vault token", `\bhv[sbr]\.[A-Za-z0-9_-]{20,}`, "hvs.", "hvb.", "hvr."),
	format("Terraform Cloud token", `\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,}`, ".atlasv1."),
	format("Doppler token", `\bdp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{40,}`, "dp."),
	format("Pulumi token", `\bpul-[a-f0-9]{40}\b`, "pul-"),
	format("Fly.io token", `\b(?:FlyV1 )?fm[12][a-z]?_[A-Za-z0-9+/=_-]{40,}`, "fm1", "fm2"),
	format("Tailscale key", `\btskey-(?:auth|api|client|scim|webhook)-[A-Za-z0-9]+-[A-Za-z0-9]{20,}`, "tskey-"),
	format("Supabase key", `\bsb(?:p|_secret)_[A-Za-z0-9_]{30,}`, "sbp_", "sb_secret_"),
	format("PlanetScale token", `\bpscale_(?:tkn|oauth|pw)_[A-Za-z0-9_.-]{32,}`, "pscale_"),
	format("Netlify token", `\bnfp_[A-Za-z0-9]{36,}`, "nfp_"),
	format("Heroku key", `\bHRKU-[A-Za-z0-9_-]{36,}`, "hrku-"),
	format("Linear key", `\blin_(?:api|oauth)_[A-Za-z0-9]{32,}`, "lin_"),
	format("Notion token", `\b(?:ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43})\b`, "ntn_", "secret_"),
	format("Airtable token", `\bpat[A-Za-z0-9]{14}\.[a-f0-9]{64}\b`, "pat"),
	format("Figma token", `\bfig[dou]_[A-Za-z0-9_-]{35,}`, "figd_", "figo_", "figu_"),
	format("Atlassian token", `\bAT(?:ATT|CTT|BB)3?[A-Za-z0-9_=-]{24,}`, "atatt", "atctt", "atbb"),
	format("Postman key", `\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}`, "pmak-"),
	format("New Relic key", `\bNR(?:AK|II|RA|JS)-[A-Za-z0-9_-]{19,}`, "nrak-", "nrii-", "nrra-", "nrjs-"),
	format("Sentry token", `\bsntry[su]_[A-Za-z0-9_=+/-]{40,}`, "sntrys_", "sntryu_"),
	format("Grafana token", `\bgl(?:sa|c)_[A-Za-z0-9+/=_-]{32,}`, "glsa_", "glc_"),
	format("Datadog key", `(?i:datadog|dd_?(?:api|app))[^\n]{0,30}?\b([a-f0-9]{32}|[a-f0-9]{40})\b`, "datadog", "dd"),
	format("Cloudflare key", `(?i:cloudflare|\bcf_?(?:api|token))[^\n]{0,30}?\b([A-Za-z0-9_-]{37,40})\b`, "cloudflare", "cf"),
	format("Cloudflare origin key", `\bv1\.0-[a-f0-9]{24}-[a-f0-9]{100,}`, "v1.0-"),
	format("age key", `\bAGE-SECRET-KEY-1[0-9A-Za-z]{50,}`, "age-secret-key-"),
	format("JWT", `\beyJ[A-Za-z0-9_-]{8,}\.(?:eyJ)?[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*`, "eyj"),
	format("password in a URL", `[A-Za-z][A-Za-z0-9+.-]*://[^\s/@:`+"`"+`]*:[^\s/@`+"`"+`]+@[^\s`+"`"+`]+[^\s`+"`"+`.,;:!?)\]}'"]`, "://"),
	format("authorization header", `(?i)\b(?:Bearer|Basic|Token)\s+["'`+"`"+`]?([A-Za-z0-9+/_.~-]*[0-9][A-Za-z0-9+/_.~-]{10,}=*|[A-Za-z0-9+/_.~-]{24,}=*)`, "bearer", "basic", "token"),
	judged("password", `(?i)(?:password|passwd|passphrase|passcode|\bpwd|_pass|\bpass)["'`+"`"+`]?\s*(?:[:=]|is|was)\s*["'`+"`"+`]?([^\s"'`+"`"+`,;]*[^\s"'`+"`"+`,;.:!?)\]}*_])`, password, "pass", "pwd"),
	judged("assigned key", `(?i)(?:api[_ -]?key|access[_ -]?key|secret[_ -]?key|private[_ -]?key|[a-z]_key|auth[_ -]?key|secret|token|credentials?|\bkey)["'`+"`"+`]?\s*(?:[:=]|is|was)\s*["'`+"`"+`]?([A-Za-z0-9+/_.~=-]{12,})`, keyValue, "key", "secret", "token", "credential"),
	judged("random string", `(?:^|[^A-Za-z0-9_/+.-])([A-Za-z0-9+/_-]{32,}={0,2})(?:$|[^A-Za-z0-9_/+-])`, unknownKey),
}

// unknownKey judges a long string without a known form.
func unknownKey(v string) bool {
	return !digest.MatchString(v) && random(v) && entropy(v) >= 4.2 && changesOften(v)
}

var digest = regexp.MustCompile(`^(?:sha(?:1|256|384|512)|md5)-`)

// changesOften tells random strings from long names: their characters' kinds change at 4 of 10 steps.
func changesOften(v string) bool { return 10*changes(v) >= 4*len(v) }

// changes counts the changes between small letters, capitals and digits.
func changes(v string) int {
	kind := func(b byte) int {
		switch {
		case b >= '0' && b <= '9':
			return 1
		case b >= 'a' && b <= 'z':
			return 2
		case b >= 'A' && b <= 'Z':
			return 3
		}
		return 4
	}
	n := 0
	for i := 1; i < len(v); i++ {
		if kind(v[i]) != kind(v[i-1]) && kind(v[i]) != 4 && kind(v[i-1]) != 4 {
			n++
		}
	}
	return n
}
