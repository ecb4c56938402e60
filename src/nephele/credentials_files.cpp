#include "nephele/credentials_files.hpp"

#include <fmt/core.h>

namespace nephele {

void write_credentials(const StateDirectory& directory, const HostSettings& host) {
  const std::string auth_url = host.api_url(5000) + "/v3";
  const std::string& admin_password = host.secrets.admin_password;
  const bool own_authority = host.https && !host.ca_file.empty();
  write_file(directory.root + "/clouds.yaml",
             fmt::format("clouds:\n"
                         "  nephele:\n"
                         "    auth:\n"
                         "      auth_url: {}\n"
                         "      username: admin\n"
                         "      password: {}\n"
                         "      project_name: admin\n"
                         "      user_domain_id: default\n"
                         "      project_domain_id: default\n"
                         "    region_name: RegionOne\n"
                         "    identity_api_version: 3\n{}",
                         auth_url, admin_password,
                         own_authority ? "    cacert: " + host.ca_file + "\n" : ""),
             0600);
  write_file(directory.root + "/openrc",
             fmt::format("export OS_AUTH_URL={}\n"
                         "export OS_USERNAME=admin\n"
                         "export OS_PASSWORD={}\n"
                         "export OS_PROJECT_NAME=admin\n"
                         "export OS_USER_DOMAIN_ID=default\n"
                         "export OS_PROJECT_DOMAIN_ID=default\n"
                         "export OS_REGION_NAME=RegionOne\n"
                         "export OS_IDENTITY_API_VERSION=3\n{}",
                         auth_url, admin_password,
                         own_authority ? "export OS_CACERT=" + host.ca_file + "\n" : ""),
             0600);
}

}  // namespace nephele
