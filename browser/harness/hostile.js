// A hundred strings that would act if a page took them for more than text. Most call `acted`, which the tests listen
// for. Some would navigate, or change what the user sees.

const call = (how) => `acted('${how}')`;

/** Elements with an event that fires without user interaction. */
const EVENTS = [
  ['img', 'src=x', 'onerror'],
  ['img', 'src=data:, loading=eager', 'onerror'],
  ['svg', '', 'onload'],
  ['svg/onload', '', ''],
  ['body', '', 'onload'],
  ['body', '', 'onpageshow'],
  ['iframe', 'srcdoc=x', 'onload'],
  ['input', 'autofocus', 'onfocus'],
  ['select', 'autofocus', 'onfocus'],
  ['textarea', 'autofocus', 'onfocus'],
  ['button', 'autofocus', 'onfocus'],
  ['details', 'open', 'ontoggle'],
  ['video', 'src=x', 'onerror'],
  ['video', 'autoplay', 'onloadstart'],
  ['audio', 'src=x', 'onerror'],
  ['source', 'src=x', 'onerror'],
  ['object', 'data=x', 'onerror'],
  ['embed', 'src=x', 'onload'],
  ['link', 'rel=stylesheet href=x', 'onerror'],
  ['script', 'src=/nowhere.js', 'onerror'],
  ['style', '', 'onload'],
  ['marquee', '', 'onstart'],
  ['track', 'default src=x', 'onerror'],
  ['p', 'style=animation-name:x', 'onanimationstart'],
  ['p', 'tabindex=0 autofocus', 'onfocusin'],
].map(([element, attributes, event]) => `<${element} ${attributes} ${event}="${call(`${element} ${event}`)}">`);

/** The same event, in spellings that a filter may overlook. */
const SPELLINGS = [
  '<IMG SRC=x ONERROR="acted(1)">',
  '<img src=x oNeRrOr=acted(2)>',
  '<img/src=x/onerror=acted(3)>',
  '<img\tsrc=x\tonerror=acted(4)>',
  '<img\nsrc=x\nonerror\n=\nacted(5)>',
  '<img src=x onerror=acted`6`>',
  '<img src=x onerror=&#97;cted(7)>',
  '<img src=x onerror=&#x61;&#x63;ted(8)>',
  '<img src=x onerror=\\u0061cted(9)>',
  '<img src=x onerror="acted&lpar;10&rpar;">',
  '<img src="x` `<script>acted(11)</script>"` `>',
  '<<img src=x onerror=acted(12)>',
  '<img src=x onerror=acted(13)',
  '<img src=x onerror=acted(14)//',
  '<img """><script>acted(15)</script>">',
  '<a><img src=x onerror=acted(16)></a>',
  '<svg><image href=x onerror=acted(17) /></svg>',
  '<math><mi xlink:href="javascript:acted(18)">x</mi></math>',
  '<isindex action=javascript:acted(19) type=image>',
];

/** Scripts, whole, in parts and in other markup languages. */
const SCRIPTS = [
  '<script>acted("script")</script>',
  '<SCRIPT>acted("SCRIPT")</SCRIPT>',
  '<script >acted("blank")</script >',
  '<script\u2028>acted("line separator")</script>',
  '<scr<script>ipt>acted("nested")</scr</script>ipt>',
  '<script src="data:text/javascript,acted(1)"></script>',
  '<script type=module>acted("module")</script>',
  '<script>/*</script><script>*/acted("comment")//</script>',
  '</script><script>acted("ended")</script>',
  '<svg><script>acted("svg")</script></svg>',
  '<svg><script href="data:,acted(1)" /></svg>',
  '<svg><animate onbegin=acted("animate") attributeName=x dur=1s></svg>',
  '<svg><set onbegin=acted("set") attributeName=x to=1></svg>',
  '<svg><a xlink:href="javascript:acted(1)"><text y=20>click</text></a></svg>',
  '<template><script>acted("template")</script></template>',
  '<noscript><p title="</noscript><img src=x onerror=acted(1)>">',
  '<xmp><p title="</xmp><img src=x onerror=acted(2)>">',
  '<title><p title="</title><img src=x onerror=acted(3)>">',
  '<textarea><p title="</textarea><img src=x onerror=acted(4)>">',
  '<!--><img src=x onerror=acted(5)>-->',
];

/** Addresses that must not become links. */
const ADDRESSES = [
  'javascript:acted(1)',
  'JaVaScRiPt:acted(2)',
  'java\tscript:acted(3)',
  'javascript://example.com/%0aacted(4)',
  'javascript:https://example.com/',
  'data:text/html,<script>acted(5)</script>',
  'data:text/html;base64,PHNjcmlwdD5hY3RlZCg2KTwvc2NyaXB0Pg==',
  'vbscript:acted(7)',
  'file:///etc/passwd',
  'blob:https://example.com/acted',
  '<a href="javascript:acted(8)">click</a>',
  '<a href=" &#14; javascript:acted(9)">click</a>',
  '<iframe src="javascript:acted(10)"></iframe>',
  '<form action="javascript:acted(11)"><input type=submit></form>',
  '<button formaction="javascript:acted(12)">x</button>',
  '<meta http-equiv=refresh content="0;url=javascript:acted(13)">',
  '<base href="https://example.com/">',
  'https://example.com/"onmouseover="acted(14)',
  "https://example.com/'onmouseover='acted(15)",
  'https://example.com/<img src=x onerror=acted(16)>',
];

/** Strings that break out of their context, are templates, or deceive the eye. */
const OTHERS = [
  '"><img src=x onerror=acted(1)>',
  "'><img src=x onerror=acted(2)>",
  '" autofocus onfocus="acted(3)',
  "' autofocus onfocus='acted(4)",
  '`-acted(5)-`',
  '${acted(6)}',
  '{{constructor.constructor("acted(7)")()}}',
  '<%= acted(8) %>',
  '#{acted(9)}',
  "');acted(10);('",
  '\\");acted(11);//',
  '{"__proto__":{"innerHTML":"<img src=x onerror=acted(12)>"}}',
  '&lt;img src=x onerror=acted(13)&gt;',
  '&#60;script&#62;acted(14)&#60;/script&#62;',
  '<style>body{display:none}</style>',
  'a\u202Etxt.exe',
];

/** All of them. */
export const HOSTILE = [...EVENTS, ...SPELLINGS, ...SCRIPTS, ...ADDRESSES, ...OTHERS];
