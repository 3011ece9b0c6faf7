import { defineProvider } from '../../kit/define-provider.ts';
import { credentialsSchema, PROVIDER, settingsSchema } from './identity.ts';
import { prometheusMetricsSource } from './metrics-source.ts';
import { verifyPrometheus } from './verify.ts';

/** Prometheus, and servers that speak like it: measurements by PromQL. */
export const prometheus = defineProvider({
  id: PROVIDER,
  displayName: 'Prometheus',
  categories: ['monitoring'],
  defaultBaseUrl: null,
  credentials: credentialsSchema,
  settings: settingsSchema,
  verify: verifyPrometheus,
  metricsSource: prometheusMetricsSource,
});
