#include "keystone/store/revocations.hpp"

namespace keystone::store {

void insert_revocation(platform::Session& session, const std::string& id,
                       const openstack::RevocationEvent& event) {
  session.execute(
      "INSERT INTO revocation_events (id, audit_id, audit_chain_id, user_id, project_id, "
      "domain_id, "
      "role_id, trust_id, application_credential_id, issued_before, revoked_at) VALUES "
      "(?,?,?,?,?,?,?,?,?,?,?)",
      {id, event.audit_id, event.audit_chain_id, event.user_id, event.project_id, event.domain_id,
       event.role_id, event.trust_id, event.application_credential_id, event.issued_before,
       event.revoked_at});
}

std::vector<openstack::RevocationEvent> list_revocations(platform::Session& session,
                                                         std::optional<base::TimePoint> since) {
  std::vector<openstack::RevocationEvent> events;
  session.query(
      "SELECT audit_id, audit_chain_id, user_id, project_id, domain_id, role_id, trust_id, "
      "application_credential_id, issued_before, revoked_at FROM revocation_events WHERE "
      "revoked_at>=? ORDER BY revoked_at",
      {since.value_or(base::TimePoint{})}, [&](const platform::SqlRow& row) {
        openstack::RevocationEvent event;
        size_t column = 0;
        for (std::string* field :
             {&event.audit_id, &event.audit_chain_id, &event.user_id, &event.project_id,
              &event.domain_id, &event.role_id, &event.trust_id, &event.application_credential_id})
          *field = row.get<std::string>(column++);
        event.issued_before = row.get<base::TimePoint>(column++);
        event.revoked_at = row.get<base::TimePoint>(column);
        events.push_back(std::move(event));
      });
  return events;
}

void delete_revocations_before(platform::Session& session, base::TimePoint time) {
  session.execute("DELETE FROM revocation_events WHERE revoked_at<?", {time});
}

}  // namespace keystone::store
