// Views that several resources answer with.
#pragma once

#include <functional>

#include "keystone/api/common.hpp"
#include "keystone/store/projects.hpp"
#include "keystone/store/roles.hpp"
#include "keystone/store/users.hpp"

namespace keystone::api {

[[nodiscard]] JsonObject user_view(const store::User& user,
                                   const std::optional<base::TimePoint>& password_expires_at,
                                   const std::string& base);
[[nodiscard]] JsonObject project_view(const store::Project& project,
                                      const std::vector<std::string>& tags,
                                      const std::string& base);
[[nodiscard]] JsonObject domain_view(const store::Project& domain,
                                     const std::vector<std::string>& tags, const std::string& base);
[[nodiscard]] JsonObject role_view(const store::Role& role, const std::string& base);

[[nodiscard]] Response user_response(Core& core, const ApiRequest& request, int status,
                                     const std::string& id);
[[nodiscard]] Response project_response(Core& core, const ApiRequest& request, int status,
                                        const std::string& id);
[[nodiscard]] Response domain_response(Core& core, const ApiRequest& request, int status,
                                       const std::string& id);

// Lists what `find` finds, with the tags or password expiry that the views show, in one snapshot.
[[nodiscard]] Response list_users_response(
    Core& core, const ApiRequest& request,
    const std::function<std::vector<store::User>(platform::Session&)>& find);
[[nodiscard]] Response list_projects_response(
    Core& core, const ApiRequest& request,
    const std::function<std::vector<store::Project>(platform::Session&)>& find);
[[nodiscard]] Response list_domains_response(
    Core& core, const ApiRequest& request,
    const std::function<std::vector<store::Project>(platform::Session&)>& find);

}  // namespace keystone::api
