const otherThanText = /^(\s*|[-+]?(?:[\d_]+(?:\.[\d_]+)?|\.[\d_]+)|0[xo][\da-f]+|~|null|true|false|yes|no|on|off|y|n)$|^[-?:,[\]{}#&*!|>'"%@`]|: | #|:$|^\s|\s$/i

/**
 * Whether YAML reads a text that stands unquoted as that text. The service pastes names of images, kernels and initrds
 * into YAML so, and fails over what isn't one.
 */
export function isYamlName(text: string): boolean {
  return !otherThanText.test(text) && !/[\n\r]/.test(text)
}
