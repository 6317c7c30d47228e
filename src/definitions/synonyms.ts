/** What other tools and habits call our commands, by the names of ours; `list` comes before `describe` where nothing is named. */
export const synonyms: Readonly<Record<string, readonly string[]>> = {
  list: ['ls', 'get', 'show', 'all', 'ps'],
  describe: ['get', 'show', 'view', 'inspect', 'info'],
  create: ['new', 'add', 'register', 'run'],
  update: ['edit', 'set', 'patch', 'change', 'modify'],
  delete: ['rm', 'remove', 'del', 'destroy', 'cancel', 'stop', 'kill'],
  deleteall: ['purge', 'clear'],
  undelete: ['restore', 'recover'],
  debug: ['ssh', 'shell', 'exec', 'attach', 'connect', 'console'],
  logs: ['log', 'tail'],
  wait: ['watch', 'follow', 'status'],
  complete: ['save', 'finish'],
  fail: ['discard', 'abort'],
  artifacts: ['files'],
  verify: ['check'],
  import: ['upload', 'push'],
  export: ['download', 'pull'],
  build: ['make'],
  customize: ['customise'],
  doctor: ['check', 'diagnose', 'test'],
  status: ['whoami'],
}

/** Commands of `jobs` that may be typed without it. */
export const shortForms: readonly string[] = ['debug', 'wait', 'logs']
