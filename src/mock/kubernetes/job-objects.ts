import { hasEnded } from '../../ims/job-status.ts'
import { timeOf, type Job } from '../records.ts'
import { timestamp, uidOf } from './metadata.ts'

/** What any object has of its own, besides what its kind adds. */
export interface Metadata {
  readonly name: string
  readonly namespace?: string
  readonly uid: string
  readonly creationTimestamp: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** The labels of all that belongs to a job. Source: the service's job templates. */
export function labelsOf({ id, job_type: type, kubernetes_job: name }: Job): Record<string, string> {
  return { app: `ims-${id}-${type}`, 'app.kubernetes.io/name': 'ims-job', 'batch.kubernetes.io/job-name': name, 'job-name': name }
}

function head<K extends string>(kind: K, name: string, job: Job, annotations?: Record<string, string>) {
  const metadata: Metadata = {
    name,
    namespace: job.kubernetes_namespace,
    uid: uidOf(name),
    creationTimestamp: timestamp(timeOf(job.created)),
    labels: {},
    ...(annotations && { annotations }),
  }
  return { kind, apiVersion: 'v1' as const, metadata }
}

/** A number below 250 that is always the same for the same job. */
const numberOf = (job: Job): number => parseInt(uidOf(job.id).slice(0, 6), 16) % 250

/** The service that leads to a job's shell: gone as soon as the job has ended. */
export function serviceOf(job: Job) {
  const ip = `10.102.9.${numberOf(job)}`
  return {
    ...head('Service', job.kubernetes_service, job, {
      'external-dns.alpha.kubernetes.io/hostname': `${job.id}.ims.cmn.shasta.local`,
      'metallb.universe.tf/address-pool': 'customer-management',
    }),
    spec: {
      type: 'LoadBalancer',
      clusterIP: `10.24.81.${numberOf(job)}`,
      clusterIPs: [`10.24.81.${numberOf(job)}`],
      ports: [{ port: 22, protocol: 'TCP', targetPort: 22, nodePort: 30_000 + numberOf(job) }],
      selector: { app: labelsOf(job).app },
    },
    status: { loadBalancer: { ingress: [{ ip }] } },
  }
}

/** The volume that an image is built on: gone as soon as the job has ended. It is five times the size that was asked for. */
export function claimOf(job: Job) {
  const storage = `${job.build_env_size * 5}Gi`
  return {
    ...head('PersistentVolumeClaim', job.kubernetes_pvc!, job),
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage } },
      storageClassName: 'k8s-block-replicated',
      volumeMode: 'Filesystem',
      volumeName: `pvc-${uidOf(job.kubernetes_pvc!)}`,
    },
    status: { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage } },
  }
}

/** What a job was given: kept until the job is deleted. */
export function configMapOf(job: Job, data: Readonly<Record<string, string>>) {
  return { ...head('ConfigMap', job.kubernetes_configmap, job), data }
}

/** Which of these a job still has. */
export const hasVolumes = (job: Job): boolean => !hasEnded(job)
