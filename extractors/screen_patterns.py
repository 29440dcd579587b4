"""The patterns of :mod:`extractors.screen`: data, one pattern a line, in lower case and composed Unicode.

Each rule has signs, which are looked for anywhere, and words, which are tried where a word begins (and so cost next to
nothing). Every repetition is bounded.
"""

# ruff: noqa: RUF001 - other scripts are looked for

from __future__ import annotations

__all__ = ["RULES"]

_EMAIL_SIGNS = r"""
\S@\S
(?<!\S)@\w\w
[\[(] ?(?:at|@) ?[\])]
"""
_EMAIL_WORDS = r"""
[\w.+-]{1,64} (?:at|arroba) [\w-]{1,63} ?(?:dot|punkt|punto|ponto|point) ?[a-z]{2,10}\b
"""
_TLDS = "com|org|net|info|io|shop|store|biz|co|de|uk|fr|eu|ru|cn|xyz|site|online|example|invalid|onion"
_URL_SIGNS = rf"""
\w://
\w ?[\[({{] ?(?:\.|dot) ?[\])}}] ?\w
\w ?\.(?:{_TLDS})\b(?![\w-])
\w \. (?:com|org|net|io)\b
\w\.(?:ly|me|it|in|to|at|be|us|ch|es|nl|pl|jp|br|tv|ai|app|dev|top|club|link|gg|cc|su)/\w
\w\.(?:рф|ру|сом|укр|москва|онлайн|中国|中國|公司|网络|한국|भारत|みんな|مصر|السعودية)
"""
_URL_WORDS = r"""
h[tx*]{2}ps?\b ?[:\[({]
www\d? ?(?:\.|dot|punkt|punto|ponto|point)
(?:javascript|vbscript|mailto|tel|sms|whatsapp):\S
data:\w{1,20}[/;,]
xn--\w
localhost\b
(?!polka )[\w-]{1,63} (?:dot|punkt|punto|ponto|point) (?:com|org|net|info|io|biz|shop|store|example|invalid)\b
\d{1,3}(?:\.\d{1,3}){3}(?![\d.])
"""
_MARKUP_SIGNS = r"""
</? ?[a-z!?]
<!?-
&(?:#\w{1,6}|[a-z]{2,8});
!?\[[^\]]{0,80}\] ?[(\[:]
\[/?(?:b|i|u|url|img|code|quote|link)\b
`
\*\*
(?<!\w)__\w
^\W{0,2}#{1,6} \S
\{\{
\}\}
\{[%#]
[%#]\}
\$\{
<%
%>
\| ?--
[=~]{3}
##
^>\s
\bon(?:click|error|load|mouseover) ?=
"""
_TEMPLATE_SIGNS = r"""
<\|
\|>
</?s(?:ys)?>
\[/?(?:inst|sys|system_prompt|tool_calls|available_tools)\]
#{2,6} ?(?:instruction|response|system|user|assistant|input)
(?:^|[.!?] )\W{0,3}(?:system|assistant|user|human|ai|bot|q|a) ?:
(?:^|[.!?] )\W{0,3}(?:question|answer|response|output|reason|explanation|subject) ?:
"""
_TEMPLATE_WORDS = r"""
im_(?:start|end)\b
\w{1,20}_of_(?:turn|text|sentence)\b
(?:start|end)_header_id\b
endoftext\b
"""
_CODE_SIGNS = r"""
[{}]
\\[nrtux"'\\/]
"\w{1,20}" ?:
" ?[\]}]
\[ ?["'\]]
; ?(?:--|drop\b)
' ?(?:--|or '?\w{1,9}'? ?=)
\)<?-\[
\]-?>
-\[:
\(:[a-z]
\| ?(?:ba)?sh\b
\$\(
&&
\|\|
(?<!\w)/(?:etc|bin|usr|tmp|dev)/\w
\.\./
=>
<\?php
<!\[cdata
(?<![a-z0-9+/=])(?=[a-z+/]{0,30}\d)[a-z0-9+/]{40}
%[0-9a-f]{2}%[0-9a-f]{2}
%(?:0a|0d|2f|3c|3e)
[a-z0-9+/]{8}={1,2}(?![\w=])
"""
_CODE_WORDS = r"""
(?:items|reason|groups|values|choices) ?[:=] ?[\["]
select (?:\*|distinct\b|count\b)
select [\w,. ]{1,60} from \w{1,40} ?(?:;|--|where \w{1,40} ?[=<>]|limit \d)
insert into \w{1,40} ?(?:\(|values\b|select\b)
delete from \w
(?:drop|alter|truncate|create) table (?:if|\w{1,40}s$|\w{1,40} ?(?:;|--|\())
drop (?:database|constraint|schema)\b
union (?:all )?select\b
or 1 ?= ?1\b
xp_cmdshell\b
update \w{1,40} set \w{1,40} ?=
detach delete\b
(?:match|merge|create) ?\([a-z]{0,3}[):]
call (?:db|apoc|dbms|gds)\.
load csv\b
apoc\.\w
rm -\w
sudo \w
(?:curl|wget) (?:-|\w{1,40}[.:])
chmod [+\d]
powershell\b
cmd\.exe\b
(?:eval|exec|alert|print|require|system|sleep|char|concat)\(
function\(
(?:function|def) \w{1,40}\(
import (?:os|sys|subprocess)\b
os\.system\b
console\.log\b
document\.(?:cookie|write|body|get)
window\.(?:location|open)\b
0x[0-9a-f]{4}
jndi:
"""
_MONEY = "[$€£¥₹₽₩₺₪₫฿₴₦₱₡₲₵₸₼¢]"
_PRICE_SIGNS = rf"""
{_MONEY}\s{{0,3}}\d
\d\s{{0,3}}{_MONEY}
\d,-(?!\w)
\d (?:,-|zł|z\u0142otych)
\d\s?(?:円|元|块|원|रुपये|रुपए|रु\.|ユーロ|ドル|美元|欧元|유로|달러)
"""
_NUMBERS = "one|two|three|four|five|six|seven|eight|nine|ten|twenty|fifty|hundred|thousand"
_COINS = (
    "usd|eur|gbp|chf|cad|aud|inr|jpy|cny|pln|brl|rub|dollars?|euros?|cents?|bucks?|quid|pounds sterling|rupees?|rs|"
    "yen|yuan|rmb|rubles?|roubles?|zl|zł|złotych|zlotys?|liras?|francs?|franken|pesos?|reais|kr|kronor|kroner|dólares|dolares|"
    "dollari|centesimi|centavos|céntimos|евро|долл\\w{0,6}|руб\\w{0,4}|דולר|שקל\\w{0,3}|يورو|دولار\\w{0,2}|درهم|ريال|دينار"
)
_PRICE_WORDS = rf"""
\d{{1,7}}(?:[.,]\d{{1,3}})?[ -]?(?:us )?(?:{_COINS})\b
(?:usd|eur|gbp|chf|inr|rs\.?|pln|kr) ?\d
(?:{_NUMBERS})[ -](?:us )?(?:dollars?|euros?|bucks|quid|rupees|cents)\b
\d{{1,2}} ?% off\b(?![\w-])
"""
_ACCOUNT_SIGNS = r"""
(?<![\w.])\d(?:[ -]?\d){12,18}(?![\w.])
"""
_ACCOUNT_WORDS = r"""
[a-z]{2}\d{2}(?=(?:[^\d]{0,6}\d){10})(?:[ -]?[a-z0-9]{4}){3,7}[ -]?[a-z0-9]{0,3}\b
bc1[a-z0-9]{20}
\d{3}-\d{2}-\d{4}\b
"""
_PHONE_SIGNS = r"""
\+\d[\d ().-]{6,18}\d
(?<![\w.])\d{9,15}(?!\d)
(?<![\d.,])(?=(?:[^\d]{0,3}\d){9})\(?\d{1,4}\)?(?:(?:[ .-]{1,2}|(?<=\)))\(?\d{2,5}\)?){2,6}(?![\d,])
(?:电话|電話|拨打|致电|전화)\D{0,10}(?:\d[ ().-]?){6}
"""
_CALL = (
    "call|phone|tel|dial|text|whatsapp|fax|hotline|ring|anrufen|appelez|llam[ae]|chiama|ligue|zadzwoń|ara|позвони\\w{0,3}|"
    "اتصل|התקשר\\w?"
)
_PHONE_WORDS = rf"""
(?:{_CALL})\b[^\d]{{0,25}}(?:\d[ ().\-/]{{0,2}}){{5}}\d
1?[ -]?\(?8(?:00|33|44|55|66|77|88)\)?-[a-z]{{3,10}}\b
(?:(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)[ -]){{6}}
"""
_ROLE_SIGNS = r"""
^\W?(?:sure|certainly|of course|absolutely)[,!.:]
^(?:sorry,|i apologi[sz]e|(?:i'm|i am) (?:sorry|an? (?:ai|assistant)\b))
^(?:here's |here (?:is|are) (?:the|a|an|your|some|my)\b)
как ии\b
языков\w{1,3} модел
نموذج لغوي
מודל שפה
भाषा मॉडल
语言模型
作为(?:一个)?(?:ai|人工智能)
言語モデル
aiとして
언어 모델
ai로서
"""
_ROLE_WORDS = r"""
(?:as|being) (?:an? )?(?:ai|artificial intelligence|chatbot|virtual assistant)\b
language model\b
(?:system|developer) prompt\b
my (?:instructions|system prompt|training|guidelines|programming)\b
(?:developer|god|dan) mode\b
jailbr(?:eak|oken)
i(?:'m| am)? (?:cannot|can not|can't|unable|not able|won't|will not|do not know|don't know)\b(?! believe)
als (?:ki|sprachmodell)\b
sprachmodell
en tant qu'(?:ia|assistant)
mod[eè]le de langage
como (?:una? |uma? )?(?:ia|inteligencia artificial|modelo)\b
modelo de l(?:enguaje|inguagem)
modello linguistico
model językowy
dil modeli
"""
_INSTRUCTION_SIGNS = r"""
(?:игнорируй|забудь)\w{0,3}.{1,40}(?:инструкци|указани|правил|предыдущ|выше)
нажми(?:те)?\b
(?:позвони|купи)(?:те)? (?:сейчас|прямо)
تجاهل.{1,40}(?:التعليمات|السابق|أعلاه)
(?:اضغط|انقر) هنا
اتصل (?:الآن|بنا)
תעל(?:ם|מו|מי).{1,40}(?:הוראות|הקודמ|לעיל)
לח(?:ץ|צו|צי) כאן
(?:निर्देश|ऊपर).{1,40}(?:अनदेखा|नज़रअंदाज़|भूल)
यहाँ क्लिक
(?:忽略|无视|忽視|忘记).{0,15}(?:指令|指示|上面|以上|之前|说明|規則|规则)
点击(?:这里|此处|链接)
立即(?:购买|拨打|致电)
(?:指示|命令|上記|以前).{0,15}(?:無視|忘れ)
(?:ここ|こちら)をクリック
今すぐ(?:購入|電話)
(?:지시|명령|위의|이전).{0,15}(?:무시|잊)
여기를? 클릭
지금 (?:구매|전화)
"""
_IGNORE = (
    "ignorier\\w{0,3}|vergiss|missachte|ignore[zr]?|oublie[zr]?|ignora\\w?|olvida|ignoruj|zignoruj|esque[cç]a|dimentica"
)
_EARLIER = (
    "anweisung|vorherig|regel|consigne|instruccion|istruzion|instru[cç]|instrukc|polece|poprzed|precedent|pr[ée]c[ée]dent|"
    "anterior"
)
_INSTRUCTION_WORDS = rf"""
click (?:here|the link|on (?:the|this)|this|below|now)\b
tap here\b
call (?:now|us|today|this number|immediately)\b
(?:use|enter|apply|with) (?:the |my |our )?(?:promo |discount |coupon |voucher )?code \w
(?:promo|coupon|discount|voucher) code\b
visit (?:our|us|the (?:website|site|link)|my)\b
(?:buy|order|shop) (?:it )?now\b
order today\b
act (?:now|fast)\b
(?:sign up|subscribe) (?:now|here|today|to our|for (?:our|free|the))
follow us\b
(?:contact|text|email|e-mail|dm|message|whatsapp) (?:us|me)\b
send (?:me|us|your|money|payment)\b
enter your (?:password|card|pin|e-?mail|credit|address)
download (?:our|the|this) \w{{0,12}} ?app\b
scan (?:the|this) (?:qr )?code\b
(?:ignore|disregard|forget|override|bypass) (?:\w{{1,15}} ){{0,4}}(?:instructions?|above|previous|prior|prompts?)\b
(?:repeat|reveal|print|show|output) (?:\w{{1,12}} ){{0,3}}(?:instructions|prompt|message above|words above)\b
you (?:are|must) (?:now )?(?:answer|obey|reply|a different|dan|an? ai)\b
(?:answer|reply|respond|say) (?:only |always |just )?(?:with )?"?(?:yes|no)\b
pretend (?:to be|you)\b
(?:{_IGNORE})\b.{{1,40}}\b(?:{_EARLIER})
hier klicken\b
klicken sie\b
jetzt (?:kaufen|bestellen|anrufen)\b
cliquez\b
achetez maintenant\b
ha(?:ga|z) clic\b
(?:llam[ae]|compr[ae]) (?:ya|ahora|ora)\b
clicca (?:qui|su)\b
(?:chiama|acquista) ora\b
clique (?:aqui|no)\b
(?:compre|ligue) (?:já|agora)\b
kliknij\b
(?:kup|zadzwoń) teraz\b
buraya tıkla
hemen (?:ara|satın al)\b
talimat.{{1,30}}(?:yok say|görmezden|unut)
"""

RULES: tuple[tuple[str, str, str, str], ...] = (
    ("e-mail", "an e-mail address or a handle", _EMAIL_SIGNS, _EMAIL_WORDS),
    ("url", "a web address", _URL_SIGNS, _URL_WORDS),
    ("template", "a mark of the chat with the model", _TEMPLATE_SIGNS, _TEMPLATE_WORDS),
    ("markup", "markup", _MARKUP_SIGNS, ""),
    ("account", "a card, account or wallet number", _ACCOUNT_SIGNS, _ACCOUNT_WORDS),
    ("code", "program code or data notation", _CODE_SIGNS, _CODE_WORDS),
    ("price", "a price or a discount", _PRICE_SIGNS, _PRICE_WORDS),
    ("phone", "a phone number", _PHONE_SIGNS, _PHONE_WORDS),
    ("role", "the model's words about itself or its task", _ROLE_SIGNS, _ROLE_WORDS),
    ("instruction", "a call to do something", _INSTRUCTION_SIGNS, _INSTRUCTION_WORDS),
)
"""Name, what a merchandiser is told, signs, words; the first that matches speaks."""
