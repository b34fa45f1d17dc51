//! Makes and lists codes.

use std::net::Ipv4Addr;

use linger_api::{CreateInvite, Invite, OneTimeCode};

use super::App;
use crate::accounts::audit::{self, Whom};
use crate::accounts::{Actor, Code, Origin};
use crate::domain::clock;
use crate::domain::ids::{CodeId, UserId};
use crate::domain::name::Name;
use crate::domain::problem::Problem;
use crate::journal::{MakeInvitation, MakeOwnCode, RevokeInvitation};
use crate::sessions::Session;
use crate::store::{CodeKind, Invitation, NewCode, Rank, User};

const MINUTE_MS: i64 = 60 * 1000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// How long a code for another device works.
const DEVICE_MS: i64 = 10 * MINUTE_MS;

/// How long a code for a forgotten password works.
const RECOVERY_MS: i64 = DAY_MS;

/// How many rooms an invitation may name.
const MOST_ROOMS: usize = 20;

/// Who makes a code, and where the page is that takes it.
pub(crate) struct Maker<'a> {
    /// `None` is the server's shell.
    pub(crate) user: Option<&'a User>,
    pub(crate) from: &'a Origin,
    /// The start of an absolute URI.
    pub(crate) host: &'a str,
}

impl<'a> Maker<'a> {
    pub(crate) fn of(actor: &'a Actor, host: &'a str) -> Self {
        Self { user: actor.user.as_ref(), from: &actor.from, host }
    }

    fn id(&self) -> Option<UserId> {
        self.user.map(|user| user.id)
    }

    /// Logs what was done.
    fn log(&self, act: &str, whom: Whom<'_>) {
        let by = self.user.map_or(audit::SHELL, |user| user.name.as_str());
        audit::act(act, by, whom, self.from.address);
    }
}

/// Makes up a code by which a user who is yet to be named comes in without a password. Returns what is stored of it and
/// what is shown.
pub(super) fn recovery_code(maker: &Maker<'_>) -> Result<(NewCode, OneTimeCode), Problem> {
    own_code(maker, CodeKind::Recovery, RECOVERY_MS)
}

fn own_code(maker: &Maker<'_>, kind: CodeKind, lasts_ms: i64) -> Result<(NewCode, OneTimeCode), Problem> {
    let code = Code::generate()?;
    let now_ms = clock::now_ms();
    let new = NewCode {
        hash: code.hash(),
        kind,
        user_id: None,
        created_by: maker.id(),
        guest: false,
        admin: false,
        uses: 1,
        created_at: now_ms,
        expires_at: now_ms + lasts_ms,
    };
    let expires_at = clock::rfc3339(new.expires_at);
    Ok((new, OneTimeCode { code: code.shown(), url: format!("{}/#code={}", maker.host, code.shown()), expires_at }))
}

impl App {
    /// Makes an invitation. Its code is known to the caller alone.
    ///
    /// # Errors
    /// 400 for a number that is out of bounds or a name that is none; 403 if the maker may not invite, or not into one
    /// of the rooms; 404 if there is no such room, or none that the maker sees.
    pub(crate) async fn invite(&self, maker: &Maker<'_>, wanted: CreateInvite) -> Result<Invite, Problem> {
        self.make_invitation(maker, wanted, false).await
    }

    /// Makes the invitation of the first administrator. Returns where it is taken, as a path of the page, or `None` if
    /// there is a user already.
    pub(crate) async fn invite_first_admin(&self) -> Result<Option<String>, Problem> {
        if self.store.has_users().await? {
            return Ok(None);
        }
        let from = Origin { address: Ipv4Addr::LOCALHOST.into(), client: String::new() };
        let shell = Maker { user: None, from: &from, host: "" };
        Ok(self.make_invitation(&shell, CreateInvite::default(), true).await?.url)
    }

    async fn make_invitation(&self, maker: &Maker<'_>, wanted: CreateInvite, admin: bool) -> Result<Invite, Problem> {
        let CreateInvite { uses, days, rooms, guest } = wanted;
        if !(1..=1000).contains(&uses) {
            return Err(Problem::bad_field("uses", "uses must be between 1 and 1000."));
        }
        if !(1..=365).contains(&days) {
            return Err(Problem::bad_field("days", "days must be between 1 and 365."));
        }
        if rooms.len() > MOST_ROOMS {
            return Err(Problem::bad_field("rooms", "An invitation names at most 20 rooms."));
        }
        let name = |room: &String| Name::parse_field("rooms", room).map(|name| name.as_str().to_owned());
        let mut rooms = rooms.iter().map(name).collect::<Result<Vec<_>, _>>()?;
        rooms.sort_unstable();
        rooms.dedup();
        let code = Code::generate()?;
        let now_ms = clock::now_ms();
        let new = NewCode {
            hash: code.hash(),
            kind: CodeKind::Invitation,
            user_id: None,
            created_by: maker.id(),
            guest,
            admin,
            uses,
            created_at: now_ms,
            expires_at: now_ms + days * DAY_MS,
        };
        let expires_at = clock::rfc3339(new.expires_at);
        let members_may = self.settings.lets_members_invite();
        let invitation = MakeInvitation { code: new, rooms: rooms.clone(), members_may };
        let id = self.journal.make_invitation(invitation).await?;
        maker.log("made an invitation", Whom::Id(id));
        Ok(Invite {
            id,
            code: Some(code.shown()),
            url: Some(format!("{}/#invite={}", maker.host, code.shown())),
            uses_left: uses,
            expires_at,
            created_by: maker.user.map(|user| user.name.clone()),
            rooms,
            guest,
        })
    }

    /// Lists the invitations with ids above `after` that work, by id: all for an administrator and for the shell, else
    /// the user's own.
    pub(crate) async fn list_invites(
        &self,
        user: Option<UserId>,
        after: CodeId,
        limit: i64,
    ) -> Result<Vec<Invite>, Problem> {
        let of = match user {
            Some(user) if self.find_rank(user).await?.admin => None,
            user => user,
        };
        let members_may = self.settings.lets_members_invite();
        let invitations = self.store.list_invitations(of, after, limit, clock::now_ms(), members_may).await?;
        let ids: Vec<_> = invitations.iter().map(|invitation| invitation.id).collect();
        let mut rooms = self.store.list_invited_rooms(&ids, user).await?;
        let shown = |invitation: Invitation| Invite {
            id: invitation.id,
            code: None,
            url: None,
            uses_left: invitation.uses_left,
            expires_at: clock::rfc3339(invitation.expires_at),
            created_by: invitation.created_by,
            rooms: rooms.remove(&invitation.id).unwrap_or_default(),
            guest: invitation.guest,
        };
        Ok(invitations.into_iter().map(shown).collect())
    }

    /// Ends an invitation: one of the user's own, or any for an administrator and for the shell.
    ///
    /// # Errors
    /// 404 if there is none that works.
    pub(crate) async fn revoke_invite(&self, maker: &Maker<'_>, id: CodeId) -> Result<(), Problem> {
        self.journal.revoke_invitation(RevokeInvitation { id, by: maker.id() }).await?;
        maker.log("revoked an invitation", Whom::Id(id));
        Ok(())
    }

    /// Makes a code by which the user signs in on another device.
    pub(crate) async fn make_device_code(&self, maker: &Maker<'_>, session: &Session) -> Result<OneTimeCode, Problem> {
        let (code, made) = own_code(maker, CodeKind::Device, DEVICE_MS)?;
        let code = NewCode { user_id: Some(session.user.id), ..code };
        self.journal.make_own_code(MakeOwnCode { code, session: Some(session.id.clone()) }).await?;
        maker.log("made a code for another device", Whom::Self_);
        Ok(made)
    }

    /// Makes a code by which a user comes in without the password.
    ///
    /// # Errors
    /// 403 if the maker is no administrator, 404 if there is no such user.
    pub(crate) async fn make_recovery_code(&self, maker: &Maker<'_>, name: &Name) -> Result<OneTimeCode, Problem> {
        if let Some(id) = maker.id()
            && !self.find_rank(id).await?.admin
        {
            return Err(Problem::only_admins());
        }
        let user = self.store.find_user_by_name(name.as_str()).await?.ok_or_else(Problem::not_found)?;
        let (code, made) = own_code(maker, CodeKind::Recovery, RECOVERY_MS)?;
        let code = NewCode { user_id: Some(user.id), ..code };
        self.journal.make_own_code(MakeOwnCode { code, session: None }).await?;
        maker.log("made a recovery code", Whom::User(name.as_str()));
        Ok(made)
    }

    /// Returns what a user may do besides what all may. A user who is disabled may do nothing.
    async fn find_rank(&self, user: UserId) -> Result<Rank, Problem> {
        Ok(self.store.find_rank(user).await?.unwrap_or(Rank { admin: false, guest: true }))
    }
}
