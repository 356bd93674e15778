import { contextFields } from '@freehold/platform';
import { z } from 'zod';

export const accountsConfig = z.object(contextFields);
