import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { closedPort } from './loopback.ts'

/** What runs on these systems: a Ceph RADOS Gateway, on a cluster of one monitor and one OSD in memory, all on loopback. */
export interface RadosGateway {
  readonly endpoint: string
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string }
  close(): Promise<void>
}

const programs = ['ceph-mon', 'ceph-osd', 'radosgw', 'radosgw-admin', 'ceph', 'monmaptool']

/** Whether this machine has the programs; their packages are ceph-mon, ceph-osd, radosgw and ceph-common. */
export const hasRadosGateway = programs.every((name) => ['/usr/bin', '/usr/sbin', '/bin'].some((folder) => existsSync(join(folder, name))))

const keys = { accessKeyId: 'GATEWAYOFTESTS000001', secretAccessKey: 'secret-of-the-gateway-of-these-tests-0001' }

function configuration(folder: string, id: string, ports: { monitor: number; gateway: number }, bytes: number): string {
  const sections = {
    global: {
      fsid: id,
      mon_host: `v2:127.0.0.1:${ports.monitor}`,
      public_addr: '127.0.0.1',
      cluster_addr: '127.0.0.1',
      ms_bind_ipv6: false,
      ms_bind_msgr1: false,
      // Nobody else reaches loopback's ports here, and making keys for each daemon takes most of the start.
      auth_cluster_required: 'none',
      auth_service_required: 'none',
      auth_client_required: 'none',
      ms_mon_client_mode: 'crc secure',
      run_dir: folder,
      admin_socket: join(folder, '$name.asok'),
      crash_dir: folder,
      pid_file: '',
      log_file: join(folder, '$name.log'),
      log_to_stderr: false,
      err_to_stderr: false,
      mon_cluster_log_file: join(folder, 'cluster.log'),
      osd_pool_default_size: 1,
      osd_pool_default_min_size: 1,
      osd_pool_default_pg_num: 4,
      osd_pool_default_pgp_num: 4,
      osd_pool_default_pg_autoscale_mode: 'off',
      osd_crush_chooseleaf_type: 0,
      mon_allow_pool_size_one: true,
      mon_max_pg_per_osd: 1000,
      mon_data_avail_crit: 1,
    },
    mon: { mon_data: join(folder, 'mon'), mon_initial_members: 'a', paxos_propose_interval: 0.02, paxos_min_wait: 0.01 },
    osd: {
      osd_data: join(folder, 'osd'),
      osd_objectstore: 'memstore',
      memstore_device_bytes: bytes,
      osd_class_load_list: '*',
      osd_class_default_list: '*',
      osd_fast_shutdown: true,
    },
    client: {
      keyring: '/dev/null',
      rgw_data: join(folder, 'rgw'),
      rgw_frontends: `beast endpoint=127.0.0.1:${ports.gateway}`,
      rgw_thread_pool_size: 16,
      // Fewer objects of its own to make before it listens.
      rgw_num_control_oids: 1,
      rgw_gc_max_objs: 1,
      rgw_lc_max_objs: 1,
      rgw_reshard_num_logs: 1,
      rgw_data_log_num_shards: 1,
      rgw_override_bucket_index_max_shards: 1,
    },
  }
  return Object.entries(sections)
    .map(([name, values]) => [`[${name}]`, ...Object.entries(values).map(([key, value]) => `${key} = ${value}`), ''].join('\n'))
    .join('\n')
}

/**
 * Starts one.
 *
 * @param bytes of memory for its objects; what is deleted takes room for hours.
 */
export async function startRadosGateway(bytes = 2 ** 31): Promise<RadosGateway> {
  // Its path is short: sockets are in it.
  const folder = mkdtempSync(join(tmpdir(), 'rgw-'))
  const children: ChildProcess[] = []
  const close = async () => {
    for (const child of children.reverse()) await ended(child)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const ports = { monitor: await closedPort(), gateway: await closedPort() }
    const id = randomUUID()
    const conf = join(folder, 'ceph.conf')
    for (const name of ['mon', 'osd', 'rgw']) mkdirSync(join(folder, name))
    writeFileSync(conf, configuration(folder, id, ports, bytes))
    const env = { ...process.env, CEPH_CONF: conf }
    const run = (file: string, ...words: string[]) => promisify(execFile)(file, words, { env, timeout: 60_000 })
    const start = (file: string, ...words: string[]) => {
      const child = spawn(file, ['-c', conf, '-f', ...words], { env, stdio: 'ignore' })
      children.push(child)
      return child
    }
    const map = join(folder, 'monmap')
    await run('monmaptool', '--create', '--fsid', id, '--addv', 'a', `[v2:127.0.0.1:${ports.monitor}]`, map)
    await run('ceph-mon', '-c', conf, '--mkfs', '-i', 'a', '--monmap', map)
    start('ceph-mon', '-i', 'a')
    const osd = randomUUID()
    await run('ceph', '--connect-timeout', '30', 'osd', 'new', osd, '0')
    await run('ceph-osd', '-c', conf, '-i', '0', '--mkfs', '--osd-uuid', osd, '--no-mon-config')
    start('ceph-osd', '-i', '0')
    const gateway = start('radosgw', '-n', 'client.rgw')
    await listening(ports.gateway, gateway)
    await run(
      'radosgw-admin',
      ...['-c', conf, 'user', 'create', '--uid=ims', '--display-name=ims'],
      ...[`--access-key=${keys.accessKeyId}`, `--secret-key=${keys.secretAccessKey}`],
    )
    return { endpoint: `http://127.0.0.1:${ports.gateway}`, keys, close }
  } catch (error) {
    const log = join(folder, 'client.rgw.log')
    if (existsSync(log)) process.stderr.write(readFileSync(log, 'utf8').split('\n').slice(-20).join('\n'))
    await close()
    throw error
  }
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  for (const until = performance.now() + 60_000; ;) {
    if (child.exitCode !== null) throw new Error(`radosgw ended with ${child.exitCode}`)
    const there = await new Promise<boolean>((done) => {
      const socket = connect(port, '127.0.0.1', () => done(true))
      socket.on('error', () => done(false))
      socket.on('connect', () => socket.destroy())
    })
    if (there) return
    if (performance.now() > until) throw new Error('radosgw does not listen')
    await sleep(50)
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise((done) => child.once('exit', done))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
  await exit
  clearTimeout(timer)
}
