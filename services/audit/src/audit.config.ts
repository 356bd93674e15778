import { contextFields } from '@freehold/platform';
import { z } from 'zod';

export const auditConfig = z.object(contextFields);
