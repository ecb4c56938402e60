// How this process's HTTP client checks the services that it asks over https.
#pragma once

#include <memory>
#include <string>

#include "platform/http/client.hpp"

namespace platform::http {

struct ClientTls {
  std::string ca_file;  // PEM of the authorities to trust; empty: the system's
  std::string option;   // where an operator sets it: "[keystone_authtoken] cafile"
};

// As make_curl_transport(). A service whose certificate is not of these authorities, or not for its
// name, gets no request: Error(unavailable) whose detail names the option.
[[nodiscard]] std::unique_ptr<Transport> make_curl_transport(ClientTls tls);

}  // namespace platform::http
