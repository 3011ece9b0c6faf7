/** `npm start`: one sample release against the sandbox. What `start.mjs` asks of a demo is what this one has. */
export function createReleaseDemo({ options, progress }) {
  return {
    title: 'seeding the demo tenant and driving a sample release',
    entry: 'sandbox/demo.ts',
    success: 'COMPLETED',

    /** Starts what the demo needs besides Signalbox. `variables`: for the processes of Signalbox and for the demo itself. */
    async prepare({ application, env }) {
      progress.step('starting the sandbox providers');
      const own = {
        // Brisk people and machines: a second start is over in seconds.
        SANDBOX_SPEED: process.env.SANDBOX_SPEED || '8',
        SANDBOX_SCM: options.scm,
        SANDBOX_CI: options.ci,
        SANDBOX_TRACKER: options.tracker,
        SANDBOX_STORES: options.stores ? '1' : '0',
        // Stores tell little of what happens in them: they are looked at.
        ...(options.stores ? { POLL_INTERVAL_MS: process.env.POLL_INTERVAL_MS || '500' } : {}),
      };
      const { ready, ...sandbox } = await application.firstJson(
        'sandbox',
        'sandbox/main.ts',
        { ...env, ...own },
        (line) => line.ready === true,
      );
      return {
        variables: { ...own, SANDBOX: JSON.stringify(sandbox), OUTBOUND_ALLOW: outboundAllow(sandbox) },
        forTheShell: { SANDBOX_URL: sandbox.control.origin },
      };
    },

    /** Takes away what outlives the processes. */
    remove: async () => {},

    summary: ({ releaseId, status, tasks, seconds }) => `sample release ${releaseId}: ${status}, ${tasks} tasks in ${seconds} s`,

    publicResult: ({ status, releaseId, tasks, seconds, stores }) => ({
      ...{ status, releaseId, tasks, seconds },
      ...(options.stores ? { stores } : {}),
    }),

    /** Where its things are, and what to ask the API for. `path`: of the sample release, as the demo read it. */
    places: ({ path }, { SANDBOX_URL }) => ({ shown: { Sandbox: SANDBOX_URL }, paths: [path] }),
  };
}

/** The sandbox is on loopback, which connections may reach only where the operator says so. */
function outboundAllow(sandbox) {
  return [process.env.OUTBOUND_ALLOW, sandbox.outboundAllow].filter(Boolean).join(',');
}
