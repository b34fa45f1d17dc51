// Who may come in, and how: codes in the address, the ways that a server leaves open, and refusals in words.

/**
 * What the server says about itself, or null if it is older than 0.2.
 * @typedef {{name: string, version: string, registration: 'open'|'invite'|'closed', guests: 'on'|'invite'|'off',
 *   invites: 'admins'|'members'}} About
 */

/** Returns the code in an address, or null. @returns {{kind: 'invite'|'code', code: string}|null} */
export function codeIn(hash) {
  const [, kind, code] = /^#(invite|code)=([\w-]{1,100})$/.exec(hash) ?? [];
  return kind ? { kind, code } : null;
}

/**
 * Returns a typed code without what does not count, or '' if it cannot be one. A link that holds a code is one, too.
 */
export function typedCode(text) {
  const code = text.trim().replace(/^.*#(invite|code)=/, '').replace(/\s+/g, '-');
  return /^[\w-]{1,100}$/.test(code) ? code : '';
}

/** Returns the ways in. @param {About|null} about @param {boolean} isInvited whether the user has an invitation */
export function waysIn(about, isInvited) {
  const { registration = 'open', guests = 'on' } = about ?? {};
  const isNewWelcome = registration === 'open' || (isInvited && registration === 'invite');
  const isGuestWelcome = guests === 'on' || (isInvited && guests === 'invite');
  return ['sign-in', ...(isNewWelcome ? ['new'] : []), ...(isGuestWelcome ? ['guest'] : [])];
}

/**
 * Returns whether the user may invite.
 * @param {About|null} about
 * @param {{role: string, guest: boolean}|null} account
 */
export function mayInvite(about, account) {
  if (!about || !account || account.guest) return false;
  const isUsable = about.registration !== 'closed' || about.guests !== 'off';
  return isUsable && (about.invites === 'members' || account.role === 'admin');
}

/**
 * Returns whether a guest may set a password, and so becomes an account.
 * @param {About|null} about
 * @param {{guest: boolean, may_set_password?: boolean}|null} account
 */
export function mayBecomeAccount(about, account) {
  return Boolean(account?.guest) && ((about?.registration ?? 'open') === 'open' || Boolean(account.may_set_password));
}

/** Says how to get in for whom no way is open, or ''. */
export function howToGetIn(about, isInvited) {
  const { registration = 'open' } = about ?? {};
  const ways = waysIn(about, isInvited);
  if (ways.includes('new')) return '';
  if (isInvited) return ways.includes('guest') ? '' : 'This server takes no new accounts. If you have one, sign in to use the invitation.';
  const guests = ways.includes('guest') ? ', or enter as a guest' : '';
  if (registration === 'invite') return `New here? Ask a member or an administrator for an invitation${guests}.`;
  return `New here? Only an administrator can add you${guests}.`;
}

/**
 * Says why the server lets nobody in.
 * @param {Refusal} refusal
 * @param {{mode: string, username: string, isInvited: boolean, canBeNew?: boolean}} asked
 * @returns {[string, string?]} the words, and the field they are about
 */
export function whyNot(refusal, { mode, username, isInvited, canBeNew }) {
  const { status, problem } = refusal;
  const taken = `The name “${username}” is taken.`;
  if (problem === 'code-not-valid') {
    return [isInvited ? 'This invitation does not work: it may be used up, expired or revoked, or not meant for this. Ask for a new one.'
      : 'This code does not work: it works once, and for a short time. Ask for a new one.'];
  }
  if (problem === 'guests-not-allowed') return ['Guests are not admitted here. You need an account.'];
  if (problem === 'account-disabled') return ['This account is disabled. Ask an administrator.'];
  if (status === 409) return [`${taken} Choose another, or sign in if it is yours.`, 'name'];
  if (status === 401 && mode === 'new') return [`${taken} If it is yours, sign in with its password.`, 'name'];
  if (status === 401) {
    const hint = canBeNew ? 'If you are new here, choose “New account”. ' : '';
    return [`Wrong name or password. ${hint}Guests cannot sign in: they have no password.`, 'password'];
  }
  if (status === 400) return [refusal.message, /password/i.test(refusal.message) ? 'password' : 'name'];
  return [refusal.words];
}
