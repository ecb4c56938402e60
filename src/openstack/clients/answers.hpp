// What another service answered, and how to ask it in the caller's own name.
#pragma once

#include <string>

#include "base/error.hpp"
#include "base/json.hpp"
#include "platform/http/client.hpp"

namespace openstack::clients {

// The JSON of an answer, null if it has no body. Throws Error(bad_gateway) for anything else.
[[nodiscard]] base::Json json_of(platform::http::Response& response);
// The message in an error's body; "" if there is none.
[[nodiscard]] std::string message_of_answer(platform::http::Response& response);
// Throws Error of the kind of the answer's status, with the other service's message, if it is an
// error. `what` goes to the log.
void throw_if_error(platform::http::Response& response, const std::string& what);

// Whether it was the other service that said no to making something under an id of ours. What got
// no answer may come true later, and "there is one of that id" is said of our own.
[[nodiscard]] bool is_refusal(const base::Error& error);
// Whether the other side can not be reached, or did not answer in time: it may be there later.
// Holds of the bus and of databases as well.
[[nodiscard]] bool is_away(const base::Error& error);

struct Caller {
  std::string token;
  std::string request_id;
};
// As ServiceSession::send, but in the name of whose token it is: what they may see and do, the
// other service judges.
[[nodiscard]] platform::http::Response send_as(const Caller& caller,
                                               platform::http::Transport& transport,
                                               const std::string& url_base,
                                               platform::http::Request request);

}  // namespace openstack::clients
