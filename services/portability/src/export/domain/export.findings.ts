import type { Finding } from '@freehold/kernel';

const AGAIN = 'Begin a new one: "freehold export".';

export const exportEnded: Finding = {
  pointer: '',
  code: 'export-ended',
  detail: 'This export has ended: nothing of its bag is left here.',
  hint: AGAIN,
};
export const exportNotReady: Finding = {
  pointer: '',
  code: 'export-not-ready',
  detail: 'Its bag is still being made.',
  hint: 'Wait until its process has announced it.',
};
export const exportDiffers: Finding = {
  pointer: '',
  code: 'export-differs',
  detail: 'This export exists for something else.',
  hint: AGAIN,
};
export const deploymentUnknown: Finding = {
  pointer: '/deployment',
  code: 'deployment-unknown',
  detail: 'There is no such deployment here.',
  hint: 'See what you have with "freehold list".',
};
export const notLive: Finding = {
  pointer: '/deployment',
  code: 'deployment-not-live',
  detail: 'Only what is live can be exported, and of that one copy at a time is made.',
  hint: 'See its state with "freehold show"; resume it if it is suspended. What has left is exported where it is live now.',
};
export const recipientUnreadable: Finding = {
  pointer: '/recipient',
  code: 'recipient-unreadable',
  detail: 'This is no age public key: its checksum is wrong.',
  hint: 'Copy the whole of what "age-keygen -y key.txt" prints, or let "freehold export" make a key.',
};
