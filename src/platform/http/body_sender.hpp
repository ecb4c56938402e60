// Writes a body that is made while it is sent.
#pragma once

#include "platform/http/blocking_socket.hpp"
#include "platform/http/message.hpp"
#include "platform/http/response_head.hpp"

namespace platform::http {

// After the head, in constant memory. Throws what the reader throws, what BlockingSocket throws,
// and base::Error(internal) if the body ends before its length: the connection can then only be
// closed.
void send_body(BlockingSocket& socket, BodySource& source, Framing framing);

}  // namespace platform::http
