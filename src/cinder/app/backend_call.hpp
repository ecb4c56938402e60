// Calls to the back end that keeps something: somebody waits for the answer.
#pragma once

#include <string>

#include "cinder/app/app.hpp"
#include "platform/bus/dispatcher.hpp"

namespace cinder::app {

// Throws `error`; if the back end can not be reached or is not able to do it now,
// Error(unavailable) in the user's words.
[[noreturn]] void refuse_without_backend(const std::string& backend, const base::Error& error);

// `backend`: "host@backend". Throws what it throws there, or as above.
template <class T>
typename T::Reply call_backend(App& app, const Origin& origin, const std::string& backend,
                               const T& message, base::Duration timeout) {
  try {
    return platform::call<T>(app.bus, connections_topic(backend), app.message(origin, message),
                             timeout);
  } catch (const base::Error& error) {
    refuse_without_backend(backend, error);
  }
}

}  // namespace cinder::app
