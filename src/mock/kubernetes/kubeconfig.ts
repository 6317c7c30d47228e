/**
 * A kubeconfig that leads to a mock. JSON's texts are YAML's.
 *
 * @param caFile the authority of its certificate; none for plain HTTP
 */
export function kubeconfig(url: string, caFile: string | undefined, namespace = 'default'): string {
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
    server: ${JSON.stringify(url)}
${caFile === undefined ? '' : `    certificate-authority: ${JSON.stringify(caFile)}\n`}users:
- name: cray-ims-mock
  user:
    # Checked by nobody; without any, kubectl asks for a user name.
    token: cray-ims-mock
`
}
