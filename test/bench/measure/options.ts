import type { z } from 'zod';

/** What was given on the command line, as numbers where it should be. @throws naming the option that is wrong. */
export function checkOptions<T>(schema: z.ZodType<T>, values: object): T {
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  throw new Error(result.error.issues.map((issue) => `--${issue.path.join('.')}: ${issue.message}`).join('\n'));
}
