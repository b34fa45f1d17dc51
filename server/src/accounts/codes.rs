//! Codes: their form, and signing in with one. The journal decides whether a code works, in the transaction that takes
//! a use of it.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use linger_api::{Guests, Registration};

use super::audit::{self, Whom};
use super::failures::Attempt;
use super::limits::network_of;
use super::{Accounts, Creation, Entered, Origin, Password, admit, made_up_name, random};
use crate::domain::clock;
use crate::domain::ids::UserId;
use crate::domain::name::Name;
use crate::domain::problem::{Kind, Problem};
use crate::journal::{AcceptInvitation, CodeError, Invited, NewUser, OwnCode};
use crate::sessions::Session;
use crate::store::{CodeKind, Newcomer, SignUpKey, StoredCode};

/// Crockford's base 32, in lower case: none of its signs looks like another.
const SIGNS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Five bits each, for 128.
const LENGTH: usize = 26;

/// The signs between two dashes.
const GROUP: usize = 5;

/// A code in its plain form, without dashes. It cannot be printed or stored, only its hash can.
pub(crate) struct Code(String);

impl Code {
    /// Makes a code of 128 random bits.
    pub(crate) fn generate() -> Result<Self, Problem> {
        let mut bits = u128::from(random()?) << 64 | u128::from(random()?);
        let signs = (0..LENGTH).map(|_| {
            let sign = SIGNS[(bits % 32) as usize];
            bits /= 32;
            char::from(sign)
        });
        Ok(Self(signs.collect()))
    }

    /// Parses what a user may have typed: in any case, with dashes and spaces anywhere. Returns `None` if it cannot be
    /// a code.
    fn parse(typed: &str) -> Option<Self> {
        let plain =
            typed.chars().filter(|sign| !matches!(sign, '-' | ' ')).map(|sign| match sign.to_ascii_lowercase() {
                'o' => '0',
                'i' | 'l' => '1',
                sign => sign,
            });
        let plain: String = plain.take(LENGTH + 1).collect();
        let is_sign = |byte: u8| SIGNS.contains(&byte);
        (plain.len() == LENGTH && plain.bytes().all(is_sign)).then_some(Self(plain))
    }

    /// Returns the code as users see it, in groups.
    pub(crate) fn shown(&self) -> String {
        let groups: Vec<_> = (0..LENGTH / GROUP).map(|n| n * GROUP).collect();
        let end = |start: usize| if start + 2 * GROUP > LENGTH { LENGTH } else { start + GROUP };
        groups.into_iter().map(|start| &self.0[start..end(start)]).collect::<Vec<_>>().join("-")
    }

    /// Returns the hash that is stored.
    pub(crate) fn hash(&self) -> String {
        URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, self.0.as_bytes()))
    }
}

/// The caller who shows a code.
pub(crate) enum Holder {
    SignedIn(Arc<Session>),
    /// A caller with a name and a password. `creates` says whether a free name may become an account.
    Account {
        name: Name,
        password: Password,
        creates: bool,
    },
    /// A caller without a password, and perhaps with a name. `creates` says whether a guest may be made.
    Guest {
        name: Option<Name>,
        creates: bool,
    },
}

impl Accounts {
    /// Signs in with a code. A code that was used with this key before is not used again.
    ///
    /// # Errors
    /// 403, the same for every code that does not work or does not fit; 403 if guests are not admitted; 401 for a wrong
    /// password; 409 if a guest's name is taken; 429 after too many failures.
    pub(crate) async fn enter_with_code(
        &self,
        typed: &str,
        holder: Holder,
        from: &Origin,
        key: Option<SignUpKey>,
    ) -> Result<Entered, Problem> {
        let attempt = Attempt { account: "", network: network_of(from.address), is_known: true };
        let refuse = |problem| {
            audit::refusal("a code was refused: too many wrong ones", "", from.address);
            problem
        };
        self.limits.sign_in_failures.check(attempt).map_err(refuse)?;
        let code = match Code::parse(typed) {
            Some(code) => self.store.find_code(&code.hash()).await?.map(|stored| (code.hash(), stored)),
            None => None,
        };
        let is_repeated = match &key {
            Some(key) => self.store.find_sign_up(key).await?.is_some(),
            None => false,
        };
        let may_invite =
            |code: &StoredCode| code.kind != CodeKind::Invitation || code.by_authority || self.door.members_invite;
        let works = |code: &StoredCode| {
            code.expires_at > clock::now_ms() && may_invite(code) && (is_repeated || code.uses_left > 0)
        };
        let entered = match code.filter(|(_, code)| works(code)) {
            None => Err(Problem::code_not_valid()),
            Some((hash, code)) if code.kind == CodeKind::Invitation => {
                self.enter_by_invitation(hash, &code, holder, from, key).await
            }
            Some((hash, code)) => self.enter_by_own_code(hash, &code, holder, from, key).await,
        };
        if matches!(&entered, Err(problem) if problem.kind == Kind::CodeNotValid) {
            self.limits.sign_in_failures.record(attempt).map_err(refuse)?;
            audit::refusal("a code did not work", "", from.address);
        }
        entered
    }

    async fn enter_by_invitation(
        &self,
        hash: String,
        code: &StoredCode,
        holder: Holder,
        from: &Origin,
        key: Option<SignUpKey>,
    ) -> Result<Entered, Problem> {
        match holder {
            Holder::SignedIn(session) => {
                self.accept(session.user.id, hash).await?;
                self.enter_again(&session, from).await
            }
            Holder::Account { name, password, creates } => {
                let fits = !code.guest && (self.door.registration != Registration::Closed || code.admin);
                let creation = match creates && fits {
                    true => Creation::ByInvitation(hash.clone()),
                    false => Creation::Never,
                };
                let entered = self.enter_with_password(&name, password, creation, from, key).await?;
                if entered.new.is_none()
                    && let Err(problem) = self.accept(entered.session.user.id, hash).await
                {
                    // The caller is told of no session.
                    self.journal.close_session(entered.session.id.clone()).await?;
                    return Err(problem);
                }
                Ok(entered)
            }
            // Whoever is to be an administrator needs a password.
            Holder::Guest { .. } if code.admin => Err(Problem::code_not_valid()),
            Holder::Guest { .. } if self.door.guests == Guests::Off => Err(Problem::guests_not_allowed(false)),
            Holder::Guest { creates: false, .. } => Err(Problem::cannot_only_sign_in()),
            Holder::Guest { name, .. } => {
                let place = self.find_place(from.address, key.as_ref()).await?;
                loop {
                    let guest = match &name {
                        Some(name) => name.as_str().to_owned(),
                        None => made_up_name()?,
                    };
                    match self.create_invited(hash.clone(), &guest, None, from, key.clone()).await? {
                        Some(entered) => return Ok(admit(entered, place)),
                        None if name.is_none() => {}
                        None => return Err(Problem::name_taken()),
                    }
                }
            }
        }
    }

    /// Lets a user who is here into the rooms of an invitation.
    async fn accept(&self, user: UserId, hash: String) -> Result<(), Problem> {
        Ok(self
            .journal
            .accept_invitation(AcceptInvitation { user, hash, most: self.door.joined_rooms_per_user })
            .await?)
    }

    /// Signs in the user of a code for another device, or for a forgotten password.
    async fn enter_by_own_code(
        &self,
        hash: String,
        code: &StoredCode,
        holder: Holder,
        from: &Origin,
        key: Option<SignUpKey>,
    ) -> Result<Entered, Problem> {
        let user = match code.user_id {
            Some(id) => self.store.find_user(id).await?.ok_or_else(Problem::code_not_valid)?,
            None => return Err(Problem::code_not_valid()),
        };
        let fits = match &holder {
            Holder::SignedIn(session) => session.user.id == user.id,
            Holder::Account { .. } => false,
            Holder::Guest { name, .. } => name.as_ref().is_none_or(|name| name.as_str() == user.name),
        };
        if !fits {
            return Err(Problem::code_not_valid());
        }
        let session = self.new_session(from)?;
        let token = self.tokens.sign(user.id, &session.id, 0, session.issued_ms);
        let expires_ms = session.expires_ms;
        let session = self.journal.use_own_code(OwnCode { hash, user, session, key }).await?;
        let act = match code.kind {
            CodeKind::Recovery => "signed in by a recovery code",
            _ => "signed in by a code for another device",
        };
        audit::act(act, &session.user.name, Whom::Self_, from.address);
        Ok(Entered { session, token, expires_ms, new: None })
    }

    /// Signs up a user who was invited. Returns `None` if the name is taken.
    pub(super) async fn create_invited(
        &self,
        hash: String,
        name: &str,
        password_hash: Option<String>,
        from: &Origin,
        key: Option<SignUpKey>,
    ) -> Result<Option<Entered>, Problem> {
        let session = self.new_session(from)?;
        let (id, issued_ms, expires_ms) = (session.id.clone(), session.issued_ms, session.expires_ms);
        let newcomer = Newcomer { name: name.to_owned(), password_hash };
        let network = newcomer.password_hash.as_ref().map(|_| network_of(from.address).to_string());
        match self.journal.create_invited(Invited { hash, newcomer, session, network, key }).await {
            Ok((session, new)) => {
                let act = if matches!(new, NewUser::Now { .. }) { "signed up by an invitation" } else { "signed in" };
                audit::act(act, &session.user.name, Whom::Self_, from.address);
                let token = self.tokens.sign(session.user.id, &id, 0, issued_ms);
                Ok(Some(Entered { session, token, expires_ms, new: Some(new) }))
            }
            Err(CodeError::NameTaken) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_code_has_128_bits_and_survives_being_typed() {
        let codes: Vec<_> = (0..100).map(|_| Code::generate().unwrap()).collect();
        assert_eq!(codes.iter().map(Code::hash).collect::<HashSet<_>>().len(), 100);
        let used: HashSet<_> = codes.iter().flat_map(|code| code.0.chars()).collect();
        assert_eq!(used.len(), SIGNS.len(), "every sign occurs");
        for code in &codes {
            let shown = code.shown();
            assert_eq!(shown.split('-').map(str::len).collect::<Vec<_>>(), [5, 5, 5, 5, 6], "{shown}");
            for typed in
                [shown.to_uppercase(), shown.replace('-', ""), shown.replace('-', " "), shown.replace('0', "O")]
            {
                assert_eq!(Code::parse(&typed).map(|code| code.hash()), Some(code.hash()), "{typed}");
            }
        }
    }

    #[test]
    fn what_cannot_be_a_code_is_none() {
        let code = Code::generate().unwrap().shown();
        for typed in
            ["", "-", "é", &code[1..], &format!("{code}0"), &code.replacen(&code[..1], "u", 1), &"0".repeat(99)]
        {
            assert!(Code::parse(typed).is_none(), "{typed}");
        }
    }
}
