import { contextFields } from '@freehold/platform';
import { z } from 'zod';

export const catalogConfig = z.object(contextFields);
