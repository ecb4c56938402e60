// The body of POST /auth/tokens.
#pragma once

#include "base/json.hpp"
#include "keystone/app/authentication.hpp"

namespace keystone::api {

// Throws Error(bad_request) for a body that does not fit, Error(unauthorized) for a method that
// is not served.
[[nodiscard]] app::SignIn parse_sign_in(const base::Json& body);

}  // namespace keystone::api
