// Options of domains, one row each; values are JSON.
#pragma once

#include "keystone/store/entity.hpp"

namespace keystone::store {

struct DomainOption {
  static constexpr std::string_view kTable = "domain_configs";
  std::string domain_id;
  std::string option_group;
  std::string option_name;
  std::string value;
};
BOOST_DESCRIBE_STRUCT(DomainOption, (), (domain_id, option_group, option_name, value))

[[nodiscard]] std::vector<DomainOption> list_domain_options(platform::Session& session,
                                                            const std::string& domain_id);
void put_domain_option(platform::Session& session, const DomainOption& option);
// Those of a group, or one; "" means any. The number deleted.
int64_t delete_domain_options(platform::Session& session, const std::string& domain_id,
                              const std::string& group, const std::string& name);

}  // namespace keystone::store
