// A server of this machine that passes everything on, can be stopped, and can tell of a publication that is none.
import { createServer, request } from 'node:http';

/**
 * Passes on to `url`; gives its own address, `publish(id)` and `stop()`. `answers` says otherwise by path: what a page asks
 * for in its first bytes no route of the browser answers.
 */
export async function through(url, answers = {}) {
  const to = new URL(url);
  const listeners = new Set();
  const server = createServer((from, answer) => {
    if (from.url === '/events') {
      answer.writeHead(200, { 'content-type': 'text/event-stream' });
      answer.write(': hello\n\n');
      listeners.add(answer);
      answer.on('close', () => listeners.delete(answer));
      return;
    }
    if (from.url in answers) {
      answer.writeHead(200, { 'content-type': 'application/json' });
      answer.end(JSON.stringify(answers[from.url]));
      return;
    }
    const options = {
      host: to.hostname,
      port: to.port,
      method: from.method,
      path: from.url,
      headers: from.headers,
    };
    const passed = request(options, (got) => {
      answer.writeHead(got.statusCode, got.headers);
      got.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    from.pipe(passed);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    publish: (id) => {
      for (const one of listeners) one.write(`event: snapshot\ndata: {"id":${id}}\n\n`);
    },
    /** Resolves once somebody listens to events. */
    heard: async () => {
      while (listeners.size === 0) await new Promise((resolve) => setImmediate(resolve));
    },
    stop: () => {
      if (!server.listening) return Promise.resolve();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      return closed;
    },
  };
}

/** Run in a page before its own scripts: a browser without WebGL. */
export const withoutWebgl = () => {
  const own = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
    return String(kind).startsWith('webgl') ? null : own.call(this, kind, ...rest);
  };
};
