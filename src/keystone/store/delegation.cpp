#include "keystone/store/delegation.hpp"

namespace keystone::store {

std::optional<ApplicationCredential> find_application_credential(platform::Session& session,
                                                                 const std::string& user_id,
                                                                 const std::string& name) {
  return platform::find<ApplicationCredential>(session, "WHERE user_id=? AND name=?",
                                               {user_id, name});
}

std::vector<ApplicationCredential> list_application_credentials(platform::Session& session,
                                                                const std::string& user_id) {
  return platform::select<ApplicationCredential>(session, "WHERE user_id=? ORDER BY id", {user_id});
}

std::optional<AccessRule> find_same(platform::Session& session, const AccessRule& rule) {
  return platform::find<AccessRule>(session,
                                    "WHERE user_id=? AND service=? AND path=? AND method=?",
                                    {rule.user_id, rule.service, rule.path, rule.method});
}

bool take_one_use(platform::Session& session, const std::string& trust_id) {
  return session.change(
             "UPDATE trusts SET remaining_uses=remaining_uses-1 WHERE id=? AND remaining_uses>0",
             {trust_id}) > 0;
}

}  // namespace keystone::store
