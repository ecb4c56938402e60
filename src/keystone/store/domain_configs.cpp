#include "keystone/store/domain_configs.hpp"

namespace keystone::store {

std::vector<DomainOption> list_domain_options(platform::Session& session,
                                              const std::string& domain_id) {
  return platform::select<DomainOption>(
      session, "WHERE domain_id=? ORDER BY option_group, option_name", {domain_id});
}

void put_domain_option(platform::Session& session, const DomainOption& option) {
  delete_domain_options(session, option.domain_id, option.option_group, option.option_name);
  platform::insert(session, option);
}

int64_t delete_domain_options(platform::Session& session, const std::string& domain_id,
                              const std::string& group, const std::string& name) {
  return session.change(
      "DELETE FROM domain_configs WHERE domain_id=? AND (?='' OR option_group=?) AND (?='' OR "
      "option_name=?)",
      {domain_id, group, group, name, name});
}

}  // namespace keystone::store
