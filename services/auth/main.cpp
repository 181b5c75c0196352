#include "platform/service/service.hpp"
#include "services/auth/app.hpp"

int main(int argc, char** argv) {
    return darkroom::run_service(darkroom::accounts::service(), argc, argv);
}
