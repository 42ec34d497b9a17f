import { z } from 'zod';

const httpUrl = z.url({ protocol: /^https?$/ });
/** Of a gateway: pages show it to everybody, so there must be no secret in it. */
const gatewayUrl = httpUrl.refine((url) => !/[?#]/.test(url) && !/^https?:\/\/[^/]*@/i.test(url), 'must have no user, password, query or fragment: it is shown to everybody');
const amountAr = z.number().min(0).max(1_000_000);

export const archiveConfig = z.strictObject({
  signEverySec: z.int().min(1).max(600),
  keySecret: z.string().refine((secret) => secret === '' || secret.length >= 32, 'must have 32 characters or more'),
  ipfs: z.strictObject({
    apiUrls: z.array(httpUrl).max(16),
    pinningUrl: z.union([z.literal(''), httpUrl]),
    pinningToken: z.string().max(4_096),
    gatewayUrls: z.array(httpUrl).max(16),
  }),
  arweave: z.strictObject({
    walletFiles: z.array(z.string().min(1)).max(64),
    gatewayUrls: z.array(gatewayUrl).min(1).max(16),
    checkGatewayUrls: z.array(gatewayUrl).max(16),
    confirmations: z.int().min(1).max(1_000),
    broadcastBudgetAr: amountAr,
    dayBudgetAr: amountAr,
    monthBudgetAr: amountAr,
    lowBalanceAr: amountAr,
    dryRun: z.boolean(),
  }),
});
export type IpfsConfig = z.infer<typeof archiveConfig>['ipfs'];
export type ArweaveConfig = z.infer<typeof archiveConfig>['arweave'];
