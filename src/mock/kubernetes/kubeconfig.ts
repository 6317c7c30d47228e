/** What kubectl is told of a mock. */
export interface KubeconfigContents {
  /** Where it is. For plain HTTP with user name and password, if any are needed: kubectl sends no token there. */
  readonly server: string
  /** The authority of its certificate; none for plain HTTP. */
  readonly caFile?: string
  readonly token?: string
}

/** A kubeconfig that leads to a mock. JSON's texts are YAML's. */
export function kubeconfig({ server, caFile, token = 'none' }: KubeconfigContents, namespace = 'default'): string {
  return `apiVersion: v1
kind: Config
current-context: cray-ims-mock
contexts:
- name: cray-ims-mock
  context:
    cluster: cray-ims-mock
    user: cray-ims-mock
    namespace: ${namespace}
clusters:
- name: cray-ims-mock
  cluster:
    server: ${JSON.stringify(server)}
${caFile === undefined ? '' : `    certificate-authority: ${JSON.stringify(caFile)}\n`}users:
- name: cray-ims-mock
  user:
    # Without any, kubectl asks for a user name.
    token: ${JSON.stringify(token)}
`
}
