/** Parts of an XML document: a text, or elements in their order. */
export type Content = string | number | readonly (readonly [name: string, content: Content])[]

/** A document with one element around all, as a RADOS Gateway writes it. */
export function xml(name: string, content: Content, namespace = true): string {
  const attribute = namespace ? ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"' : ''
  return `<?xml version="1.0" encoding="UTF-8"?><${name}${attribute}>${inside(content)}</${name}>`
}

function inside(content: Content): string {
  if (typeof content !== 'object') return escape(String(content))
  return content.map(([name, within]) => `<${name}>${inside(within)}</${name}>`).join('')
}

function escape(text: string): string {
  return text.replace(/[&<>"'\x00-\x1f]/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** The texts of all elements of a name in a document, without its structure. */
export function textsOf(document: string, name: string): string[] {
  const found = document.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))
  return Array.from(found, ([, text = '']) => unescape(text.trim()))
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function unescape(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return named[name] ?? whole
    return String.fromCodePoint(decimal === undefined ? parseInt(hex!, 16) : Number(decimal))
  })
}
