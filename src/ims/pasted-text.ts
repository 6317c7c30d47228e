/** What PyYAML resolves to something other than a text. Source: PyYAML 6.0.1, resolver.py. */
const otherThanText = new RegExp(
  `^(?:${[
    '|~|null|Null|NULL|=|<<',
    'yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF',
    '[-+]?0b[01_]+|[-+]?0[0-7_]*|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])*|[-+]?0x[0-9a-fA-F_]+',
    '[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\\.[0-9_]*|(?:[-+]?[0-9][0-9_]*\\.[0-9_]*|\\.[0-9][0-9_]*)(?:[eE][-+][0-9]+)?',
    '[-+]?\\.(?:inf|Inf|INF)|\\.(?:nan|NaN|NAN)',
  ].join('|')})$`,
)

const date = '[0-9]{4}-[0-9]{2}-[0-9]{2}'
const timestamp = new RegExp(
  `^(?:${date}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \\t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]*)?(?:[ \\t]*(?:Z|[-+][0-9]{1,2}(?::?[0-9]{2})?))?)$`,
)
/** Times that Kubernetes is sent as the same text again. */
const sameAgain = new RegExp(`^(?!0000)${date}(?:T[0-9]{2}:[0-9]{2}:[0-9]{2})?$`)

/** What starts something else in YAML, or is a comment or a mapping. */
const structure = /^[ ,[\]{}#&*!|>'"%@`]|^[-?:](?: |$)|: |:$| #| $/

/**
 * Why the service can't work with a name of an image, a kernel, an initrd or a file of parameters; undefined where it
 * can. Source: the service's job templates and upload helper.
 */
export function nameTrouble(name: string): string | undefined {
  if (/[^\0-\x7f]/.test(name)) return 'it has characters that are not ASCII, and its upload would never end'
  if (name.includes('/')) return 'with a slash in it the upload fails after the whole build'
  if (name.length > longestName)
    return `it has ${name.length} characters, and with more than ${longestName} the upload fails after the whole build`
  if (/["\0-\x1f\x7f]/.test(name))
    return 'it has a quote, a tab or a control character, which breaks the YAML that the service pastes it into'
  return isReadBack(name) ? undefined : 'it pastes names into YAML, which reads this one as something else'
}

const longestName = 250

/** Whether a plain scalar of printable ASCII is the same text once PyYAML has read it. */
function isReadBack(text: string): boolean {
  if (structure.test(text) || otherThanText.test(text)) return false
  return !timestamp.test(text) || (sameAgain.test(text) && isTime(text))
}

function isTime(text: string): boolean {
  const time = new Date(text.includes('T') ? `${text}Z` : text)
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text)
}

/** Characters that YAML doesn't allow anywhere, or reads as the end of a line. Source: PyYAML 6.0.1, reader.py. */
const unprintable = /[^\t -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u

/** Whether a public key's line breaks the YAML of every job with that key: the service pastes it unquoted. */
export function breaksYaml(publicKey: string): boolean {
  const line = publicKey.trim()
  // YAML leaves out what follows ` #`.
  return unprintable.test(line) || /:(?: |$)|\t/.test(line.split(/ +#/, 1)[0]!)
}
