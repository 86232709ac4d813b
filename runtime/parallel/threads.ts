/**
 * The one door to threads: `worker_threads` in Node, Web Workers elsewhere, behind one small interface. Node's module is
 * asked for at run time, so that nothing here keeps a page from loading.
 */

import { InputError } from '../errors.ts'

export interface Thread {
  send(message: unknown): void
  /** Whether the process has to wait for this thread. At first it has not; in a page it never has. */
  hold(on: boolean): void
  /** Ends it, whatever it does. */
  end(): Promise<void>
}

export interface Listener {
  message(value: unknown): void
  /** The thread has ended by itself, or could not begin. */
  lost(error: Error): void
}

export interface Threads {
  /** Begins a thread with the text of a module. */
  begin(code: string, listener: Listener): Thread
  /** An address from which threads can import a module with this text, and how to give it back. */
  address(code: string): { readonly url: string; free(): void }
}

/** The few things of Node and of pages that are needed here. */
interface NodeWorker {
  on(event: 'message', call: (value: unknown) => void): void
  on(event: 'error', call: (error: Error) => void): void
  on(event: 'exit', call: (code: number) => void): void
  postMessage(value: unknown): void
  ref(): void
  unref(): void
  terminate(): Promise<number>
}
interface NodeWorkers {
  readonly Worker: new (url: URL, options: { execArgv: readonly string[] }) => NodeWorker
}
interface PageWorker {
  onmessage: ((event: { readonly data: unknown }) => void) | null
  onerror: ((event: { readonly message?: string; preventDefault?(): void }) => void) | null
  postMessage(value: unknown): void
  terminate(): void
}
interface World {
  readonly process?: { getBuiltinModule?(name: string): unknown }
  readonly Worker?: new (url: string, options: { type: 'module' }) => PageWorker
}

const world = globalThis as unknown as World

/** Threads of Node: they begin without the flags and loaders of the process, and do not keep it alive. */
export const nodeThreads = ({ Worker }: NodeWorkers): Threads => {
  const dataUrl = (code: string): string => `data:text/javascript;charset=utf-8,${encodeURIComponent(code)}`
  return {
    begin(code, listener) {
      const port =
        "import { parentPort } from 'node:worker_threads'; const tell = m => parentPort.postMessage(m); const listen = f => parentPort.once('message', f)"
      const worker = new Worker(new URL(dataUrl(`${port}\n${code}`)), { execArgv: [] })
      let ending = false
      worker.on('message', value => listener.message(value))
      worker.on('error', error => listener.lost(error))
      worker.on('exit', status => {
        if (!ending) listener.lost(new Error(`a worker ended with status ${status}`))
      })
      worker.unref()
      return {
        send: message => worker.postMessage(message),
        hold: on => (on ? worker.ref() : worker.unref()),
        async end() {
          ending = true
          await worker.terminate()
        },
      }
    },
    address: code => ({ url: dataUrl(code), free() {} }),
  }
}

/** Threads of a page, made from Blobs. */
export const pageThreads = (Worker: NonNullable<World['Worker']>): Threads => {
  const blobUrl = (code: string): string => URL.createObjectURL(new Blob([code], { type: 'text/javascript' }))
  return {
    begin(code, listener) {
      const port = "const tell = m => postMessage(m); const listen = f => addEventListener('message', e => f(e.data), { once: true })"
      const url = blobUrl(`${port}\n${code}`)
      const worker = new Worker(url, { type: 'module' })
      worker.onmessage = event => {
        URL.revokeObjectURL(url)
        listener.message(event.data)
      }
      worker.onerror = event => listener.lost(new Error(event.message ?? 'a worker could not begin'))
      return {
        send: message => worker.postMessage(message),
        hold() {},
        async end() {
          worker.terminate()
        },
      }
    },
    address(code) {
      const url = blobUrl(code)
      return { url, free: () => URL.revokeObjectURL(url) }
    },
  }
}

/** What there is here. Throws an InputError where there are no threads, or no memory that they could share. */
export const threads = (): Threads => {
  if (typeof SharedArrayBuffer === 'undefined')
    throw new InputError('there is no shared memory here: a page has it when it is served with COOP same-origin and COEP require-corp')
  const node = world.process?.getBuiltinModule?.('node:worker_threads') as NodeWorkers | undefined
  if (node !== undefined) return nodeThreads(node)
  if (world.Worker !== undefined) return pageThreads(world.Worker)
  throw new InputError('there are no threads here')
}
