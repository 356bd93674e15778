import { rebuildViews } from '@freehold/kernel';

export const rebuildPortabilityViews = rebuildViews('portability');
