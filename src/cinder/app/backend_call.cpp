#include "cinder/app/backend_call.hpp"

#include "openstack/clients/answers.hpp"

namespace cinder::app {

using base::Error;
using base::ErrorKind;

void refuse_without_backend(const std::string& backend, const Error& error) {
  if (!openstack::clients::is_away(error)) throw error;
  throw Error(ErrorKind::unavailable,
              "The back end of the volume can not do this now. Try again later.",
              backend + ": " + error.what());
}

}  // namespace cinder::app
